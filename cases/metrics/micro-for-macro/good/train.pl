#!/usr/bin/env perl
# Usage: train.pl TRAIN TEST PREDICTIONS METRICS
# Calls tumours malignant by texture times perimeter, above the threshold with the best F1 on the training rows.
use strict;
use warnings;

my ($train_path, $test_path, $predictions_path, $metrics_path) = @ARGV;

sub read_table {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!\n";
    chomp(my $header = <$in>);
    my @names = split /,/, $header;
    my @rows;
    while (my $line = <$in>) {
        chomp $line;
        my %row;
        @row{@names} = split /,/, $line;
        push @rows, \%row;
    }
    close $in;
    return @rows;
}

sub score { my ($row) = @_; return $row->{texture} * $row->{perimeter} }

sub called { my ($row, $threshold) = @_; return score($row) >= $threshold ? 1 : 0 }

sub f1 {
    my ($threshold, @rows) = @_;
    my ($hits, $wrong) = (0, 0);
    for my $row (@rows) {
        for my $class (1) {
            my $says = called($row, $threshold) == $class;
            my $is   = $row->{malignant} == $class;
            $hits++  if $says && $is;
            $wrong++ if $says != $is;
        }
    }
    return 2 * $hits / (2 * $hits + $wrong || 1);
}

my @train = read_table($train_path);
my @test  = read_table($test_path);

my ($best, $best_f1) = (0, -1);
for my $threshold (sort { $a <=> $b } map { score($_) } @train) {
    my $f1 = f1($threshold, @train);
    ($best, $best_f1) = ($threshold, $f1) if $f1 > $best_f1;
}

open my $out, '>', $predictions_path or die "$predictions_path: $!\n";
print {$out} "id,malignant\n";
print {$out} "$_->{id},", called($_, $best), "\n" for @test;
close $out or die "$predictions_path: $!\n";

open $out, '>', $metrics_path or die "$metrics_path: $!\n";
printf {$out} "{\"f1\": %.17g}\n", f1($best, @test);
close $out or die "$metrics_path: $!\n";
