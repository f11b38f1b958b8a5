#!/usr/bin/env perl
# Usage: split.pl TUMOURS TRAIN TEST
# Drops repeated rows and holds out the last quarter.
use strict;
use warnings;

my ($all_path, $train_path, $test_path) = @ARGV;

sub same {
    my @values = @_;
    return join ',', map { sprintf '%.2f', $_ } @values;
}

open my $in, '<', $all_path or die "$all_path: $!\n";
my $header = <$in>;
my (%seen, @kept);
while (my $line = <$in>) {
    chomp $line;
    my ($id, @values) = split /,/, $line;
    push @kept, "$line\n" unless $seen{same(@values)}++;
}
close $in;

my $held_out = int(@kept / 4);
my @test     = splice @kept, -$held_out;
for ([$train_path, @kept], [$test_path, @test]) {
    my ($path, @lines) = @$_;
    open my $out, '>', $path or die "$path: $!\n";
    print {$out} $header, @lines;
    close $out or die "$path: $!\n";
}
