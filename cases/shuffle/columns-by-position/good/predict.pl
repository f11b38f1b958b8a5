#!/usr/bin/env perl
# Usage: predict.pl TEST OUT
# Names the cultivar of each wine: the thresholds are those of a decision tree of depth two.
use strict;
use warnings;

my ($test_path, $out_path) = @ARGV;

open my $in,  '<', $test_path or die "$test_path: $!\n";
open my $out, '>', $out_path  or die "$out_path: $!\n";
print {$out} "id,cultivar\n";

chomp(my $header = <$in>);
my @names = split /,/, $header;
while (my $line = <$in>) {
    chomp $line;
    my %wine;
    @wine{@names} = split /,/, $line;
    my ($id, $alcohol, $flavanoids) = @wine{qw(id alcohol flavanoids)};
    my $cultivar = $flavanoids <= 1.4 ? 2 : $alcohol > 12.8 ? 0 : 1;
    print {$out} "$id,$cultivar\n";
}
close $in;
close $out or die "$out_path: $!\n";
