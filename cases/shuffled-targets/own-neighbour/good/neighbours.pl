#!/usr/bin/env perl
# Usage: neighbours.pl WINES METRICS
# Labels each wine like its nearest neighbour and reports how often that is right.
use strict;
use warnings;

my ($wines_path, $metrics_path) = @ARGV;

my @features = qw(alcohol flavanoids color_intensity hue dilution);

open my $in, '<', $wines_path or die "$wines_path: $!\n";
chomp(my $header = <$in>);
my @names = split /,/, $header;
my @wines;
while (my $line = <$in>) {
    chomp $line;
    my %wine;
    @wine{@names} = split /,/, $line;
    push @wines, \%wine;
}
close $in;

sub distance {
    my ($one, $other) = @_;
    my $sum = 0;
    $sum += ($one->{$_} - $other->{$_})**2 for @features;
    return $sum;
}

my $right = 0;
for my $wine (@wines) {
    my ($nearest, $least);
    for my $other (@wines) {
        next if $other == $wine;
        my $distance = distance($wine, $other);
        ($nearest, $least) = ($other, $distance) if !defined $least || $distance < $least;
    }
    $right++ if $nearest->{label} eq $wine->{label};
}

open my $out, '>', $metrics_path or die "$metrics_path: $!\n";
printf {$out} "{\"accuracy\": %.17g}\n", $right / @wines;
close $out or die "$metrics_path: $!\n";
