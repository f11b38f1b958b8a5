//! The table `[submission]`, checked against what else the file declares.

use std::path::PathBuf;
use std::time::Duration;

use toml::Spanned;

use super::error::Finding;
use super::paths::{self, Want};
use super::raw::{Stdout, Switch, Text};
use super::raw_submission as raw;
use super::resolve::Check;
use super::resolve_wishes::{Declared, names};
use super::{Submission, units};
use crate::submission::{FinalNewline, LineEnd, Order, Range, SumToOne, Wish};

/// How far the sum of a row's probabilities may be from one by default: a hundred columns of five printed digits round by
/// less.
const TOLERANCE: f64 = 1e-3;
/// More digits than a number of 64 bits has.
const DECIMALS_MAX: usize = 17;

impl Check<'_> {
    /// What is handed in.
    pub(super) fn submission(
        &mut self,
        raw: &Spanned<raw::Submission>,
        declared: &Declared<'_>,
    ) -> Submission {
        let place = raw.span();
        let raw = raw.get_ref();
        if raw.artifact.is_none() && raw.file.is_none() {
            let finding = Finding::new(place, "`[submission]` names nothing to hand in");
            let help = "name the output that is handed in: artifact = \"predictions\"; or the file: file = \"submission.csv\"";
            self.findings.push(finding.help(help));
        }
        Submission {
            artifact: self.one_of(raw.artifact.as_ref(), "output", &declared.outputs()),
            file: self.maybe(raw.file.as_ref()),
            previous: self.maybe(raw.previous.as_ref()),
            wish: self.wish(raw),
            wall: self.time(raw.limits.wall.as_ref()),
            memory_bytes_max: self.size(raw.limits.memory.as_ref()),
            silent: raw.stdout.map(|stdout| stdout == Stdout::Silent),
            offline: raw.network.unwrap_or(Switch::Off) == Switch::Off,
        }
    }

    fn wish(&mut self, raw: &raw::Submission) -> Wish {
        Wish {
            sample: raw.sample.as_ref().and_then(|path| self.path(path, Want::File)),
            test: raw.test.as_ref().and_then(|path| self.path(path, Want::File)),
            id: names(raw.id.as_ref()).into_iter().map(Spanned::into_inner).collect(),
            ids_repeat: raw.ids_repeat,
            order: raw.order.map(|order| match order {
                raw::Order::Sample => Order::Sample,
                raw::Order::Id => Order::Id,
                raw::Order::Any => Order::Any,
            }),
            header: raw.header,
            final_newline: raw.final_newline.map(|end| match end {
                raw::FinalNewline::One => FinalNewline::One,
                raw::FinalNewline::None => FinalNewline::None,
                raw::FinalNewline::Any => FinalNewline::Any,
            }),
            line_end: raw.line_end.map(|end| match end {
                raw::LineEnd::Lf => LineEnd::Lf,
                raw::LineEnd::Crlf => LineEnd::Crlf,
                raw::LineEnd::Any => LineEnd::Any,
            }),
            ranges: raw.range.as_ref().map(|range| self.ranges(range)).unwrap_or_default(),
            labels: raw.labels.clone(),
            sum_to_one: raw.sum_to_one.as_ref().and_then(|sum| self.sum_to_one(sum)),
            decimals: raw
                .decimals
                .as_ref()
                .map(|digits| self.within(Some(digits), 6, 0, DECIMALS_MAX, "decimals")),
            constant: raw.constant,
            null: raw.null.clone(),
            delimiter: raw.delimiter.as_ref().and_then(|text| self.delimiter(text)),
            bytes_min: self.size(raw.size.min.as_ref()),
            bytes_max: self.size(raw.size.max.as_ref()),
        }
    }

    fn ranges(&mut self, range: &Spanned<raw::Ranges>) -> Vec<Range> {
        let ranges: Vec<Range> = match range.get_ref() {
            raw::Ranges::All([low, high]) => vec![Range { column: None, low: *low, high: *high }],
            raw::Ranges::Columns(columns) => columns
                .iter()
                .map(|(column, [low, high])| Range { column: Some(column.clone()), low: *low, high: *high })
                .collect(),
        };
        if ranges.iter().any(|range| range.low.is_nan() || range.high.is_nan() || range.low > range.high) {
            let finding = Finding::new(range.span(), "a range begins with its lowest value");
            self.findings.push(finding.help("write range = [0, 1]"));
        }
        ranges
    }

    fn sum_to_one(&mut self, sum: &Spanned<raw::SumToOne>) -> Option<SumToOne> {
        let (columns, tolerance) = match sum.get_ref() {
            raw::SumToOne::All(false) => return None,
            raw::SumToOne::All(true) => (Vec::new(), TOLERANCE),
            raw::SumToOne::Some(some) => (some.columns.clone(), some.tolerance.unwrap_or(TOLERANCE)),
        };
        if !(0.0..1.0).contains(&tolerance) {
            let finding =
                Finding::new(sum.span(), format!("`tolerance` must be from 0 to below 1, not {tolerance}"));
            self.findings.push(finding.help(format!("the usual value is {TOLERANCE}")));
        }
        Some(SumToOne { columns, tolerance })
    }

    fn delimiter(&mut self, text: &Text) -> Option<u8> {
        match text.get_ref().as_bytes() {
            [byte] if !byte.is_ascii_alphanumeric() && !matches!(byte, b'"' | b'\n' | b'\r') => Some(*byte),
            _ => {
                let message = format!("`{}` cannot stand between fields", text.get_ref());
                let help = "write one ASCII character: delimiter = \";\", or \"\\t\" for a tab";
                self.findings.push(Finding::new(text.span(), message).help(help));
                None
            }
        }
    }

    /// A path in the project where something may stand or not: `driftless run` works before there is a submission.
    fn maybe(&mut self, written: Option<&Text>) -> Option<PathBuf> {
        let written = written?;
        match paths::anywhere(written.get_ref(), self.folder, self.project) {
            Ok(path) => Some(path),
            Err(fault) => {
                self.fault(&written.span(), fault);
                None
            }
        }
    }

    fn time(&mut self, written: Option<&Text>) -> Option<Duration> {
        written.map(|text| self.limit(Some(text), Duration::ZERO, units::duration, "a duration", "30min"))
    }

    fn size(&mut self, written: Option<&Text>) -> Option<u64> {
        written.map(|text| self.limit(Some(text), 0, units::size, "a size", "100MB"))
    }
}
