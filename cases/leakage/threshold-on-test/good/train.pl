#!/usr/bin/env perl
# Usage: train.pl TRAIN TEST RULE REPORT
# Scores each tumour by the mean of its standardised features and looks for the threshold with the best F1.
use strict;
use warnings;

my ($train_path, $test_path, $rule_path, $report_path) = @ARGV;

my @features = qw(radius texture concavity symmetry);

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

sub f1_at {
    my ($threshold, $scores, $rows) = @_;
    my ($hits, $alarms, $misses) = (0, 0, 0);
    for my $i (0 .. $#$rows) {
        my $called = $scores->[$i] >= $threshold;
        my $malignant = $rows->[$i]{malignant} == 1;
        $hits++   if $called  && $malignant;
        $alarms++ if $called  && !$malignant;
        $misses++ if !$called && $malignant;
    }
    return $hits ? 2 * $hits / (2 * $hits + $alarms + $misses) : 0;
}

sub write_json {
    my ($path, %values) = @_;
    open my $out, '>', $path or die "$path: $!\n";
    printf {$out} "{%s}\n", join ', ', map { sprintf '"%s": %.17g', $_, $values{$_} } sort keys %values;
    close $out or die "$path: $!\n";
}

my @train = read_table($train_path);
my @test  = read_table($test_path);

my (%mean, %deviation);
for my $feature (@features) {
    my ($sum, $squares) = (0, 0);
    $sum += $_->{$feature} for @train;
    $mean{$feature} = $sum / @train;
    $squares += ($_->{$feature} - $mean{$feature})**2 for @train;
    $deviation{$feature} = sqrt($squares / @train);
}

sub score {
    my ($row) = @_;
    my $sum = 0;
    $sum += ($row->{$_} - $mean{$_}) / $deviation{$_} for @features;
    return $sum / @features;
}

my @train_scores = map { score($_) } @train;
my @test_scores  = map { score($_) } @test;

my ($best, $best_f1) = (0, -1);
for my $threshold (sort { $a <=> $b } @train_scores) {
    my $f1 = f1_at($threshold, \@train_scores, \@train);
    ($best, $best_f1) = ($threshold, $f1) if $f1 > $best_f1;
}

write_json($rule_path, threshold => $best, f1 => $best_f1);
write_json($report_path, f1 => f1_at($best, \@test_scores, \@test));
