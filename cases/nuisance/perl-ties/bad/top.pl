#!/usr/bin/env perl
# Usage: top.pl TEXT OUT
# Ranks the words of a text by how often they occur.
use strict;
use warnings;

my ($text, $out) = @ARGV;

my %count;
open my $in, '<', $text or die "$text: $!\n";
while (my $line = <$in>) {
    $count{$_}++ for split ' ', lc $line;
}
close $in;

open my $table, '>', $out or die "$out: $!\n";
print {$table} "rank\tword\tcount\n";
my $rank = 0;
for my $word (sort { $count{$b} <=> $count{$a} } keys %count) {
    $rank++;
    print {$table} "$rank\t$word\t$count{$word}\n";
}
close $table or die "$out: $!\n";
