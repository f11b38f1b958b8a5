//! Statistics that a program saved: a JSON document, a table, or arrays, with a centre and a scale for each feature.

use std::collections::BTreeMap;

use super::fit::Line;
use crate::artifact::json::{self, Value};
use crate::artifact::{Artifact, Error, Format, open};
use crate::relate::overlap::{TableFile, source};

/// Names of the numbers that are subtracted.
const CENTRES: [&str; 6] = ["mean", "mean_", "means", "center", "center_", "mu"];
/// Names of the numbers that are divided by.
const SCALES: [&str; 9] =
    ["scale", "scale_", "std", "stds", "std_", "sd", "sigma", "deviation", "standard_deviation"];
/// Names of what names the features.
const NAMES: [&str; 6] = ["feature", "features", "feature_names", "columns", "column", "name"];

/// Bytes of a JSON document that are read.
const JSON_BYTES_MAX: u64 = 256 << 20;

/// The statistics by feature; why they cannot be read, where so. Where the file names no features, they are those of the
/// table of training features in their order.
pub(super) fn read(
    artifact: &Artifact,
    features: &[String],
) -> Result<Result<BTreeMap<String, Line>, String>, Error> {
    let (names, centres, scales) = match artifact.format {
        Format::Json => match document(artifact)? {
            Ok(Found::Named(lines)) => return Ok(Ok(lines)),
            Ok(Found::Lists(lists)) => lists,
            Err(why) => return Ok(Err(why)),
        },
        Format::Csv | Format::Tsv | Format::Parquet | Format::Jsonl | Format::Npz => match table(artifact)? {
            Ok(lists) => lists,
            Err(why) => return Ok(Err(why)),
        },
        _ => return Ok(Err("statistics are read from JSON, tables and npz".to_owned())),
    };
    let names = names.unwrap_or_else(|| features.to_vec());
    if names.len() != centres.len() || centres.len() != scales.len() {
        return Ok(Err(format!(
            "{} centres and {} scales stand there for {} features",
            centres.len(),
            scales.len(),
            names.len()
        )));
    }
    let lines = centres.into_iter().zip(scales).map(|(centre, scale)| Line { centre, scale });
    Ok(Ok(names.into_iter().zip(lines).collect()))
}

/// Names of features where they are given, centres, scales.
type Lists = (Option<Vec<String>>, Vec<f64>, Vec<f64>);

enum Found {
    Named(BTreeMap<String, Line>),
    Lists(Lists),
}

fn none() -> String {
    "no `mean` and `scale` (or `std`) stand there".to_owned()
}

fn document(artifact: &Artifact) -> Result<Result<Found, String>, Error> {
    let origin = artifact.origin();
    let bytes = open::whole(&origin, JSON_BYTES_MAX)?;
    let document = json::read(&bytes).map_err(|what| origin.malformed(what))?;
    Ok(inside(&document).ok_or_else(none))
}

/// The first object that holds centres and scales, outer ones first.
fn inside(value: &Value<'_>) -> Option<Found> {
    let Value::Object(members) = value else { return None };
    let member = |names: &[&str]| {
        members.iter().find(|(key, _)| names.contains(&key.as_ref())).map(|(_, value)| value)
    };
    if let (Some(centres), Some(scales)) = (member(&CENTRES), member(&SCALES)) {
        return match (centres, scales) {
            (Value::Object(centres), Value::Object(scales)) => {
                let scale = |name: &str| scales.iter().find(|(key, _)| key == name).map(|(_, value)| value);
                let line = |(name, centre): &(std::borrow::Cow<'_, str>, Value<'_>)| {
                    let line = Line { centre: number(centre)?, scale: number(scale(name)?)? };
                    Some((name.to_string(), line))
                };
                Some(Found::Named(centres.iter().filter_map(line).collect()))
            }
            (Value::Array(centres), Value::Array(scales)) => {
                let names = member(&NAMES).and_then(texts);
                Some(Found::Lists((names, numbers(centres)?, numbers(scales)?)))
            }
            _ => None,
        };
    }
    // `{"age": {"mean": 1, "std": 2}}`.
    let own = |(name, value): &(std::borrow::Cow<'_, str>, Value<'_>)| {
        let Value::Object(members) = value else { return None };
        let member = |names: &[&str]| {
            members.iter().find(|(key, _)| names.contains(&key.as_ref())).and_then(|(_, value)| number(value))
        };
        Some((name.to_string(), Line { centre: member(&CENTRES)?, scale: member(&SCALES)? }))
    };
    let lines: BTreeMap<String, Line> = members.iter().filter_map(own).collect();
    if !lines.is_empty() {
        return Some(Found::Named(lines));
    }
    members.iter().find_map(|(_, value)| inside(value))
}

fn number(value: &Value<'_>) -> Option<f64> {
    if let Value::Number(digits) = value { digits.parse().ok() } else { None }
}

fn numbers(values: &[Value<'_>]) -> Option<Vec<f64>> {
    values.iter().map(number).collect()
}

fn texts(value: &Value<'_>) -> Option<Vec<String>> {
    let Value::Array(items) = value else { return None };
    let text = |item: &Value<'_>| if let Value::String(text) = item { Some(text.to_string()) } else { None };
    items.iter().map(text).collect()
}

/// One row for each feature.
fn table(artifact: &Artifact) -> Result<Result<Lists, String>, Error> {
    let file = TableFile {
        path: artifact.path.clone(),
        format: artifact.format,
        id: Vec::new(),
        target: None,
        rows: None,
    };
    let mut table = source::open(&file)?;
    let columns = table.columns().to_vec();
    let place = |names: &[&str]| columns.iter().position(|name| names.contains(&name.as_str()));
    let (Some(centre), Some(scale)) = (place(&CENTRES), place(&SCALES)) else { return Ok(Err(none())) };
    let named = columns.iter().position(|name| artifact.id.contains(name)).or_else(|| place(&NAMES));
    let (mut labels, mut centres, mut scales) = (Vec::new(), Vec::new(), Vec::new());
    while table.advance()? {
        labels.extend(named.map(|place| table.cell(place).key()));
        let numbers = (source::number(&table.cell(centre)), source::number(&table.cell(scale)));
        let (Some(centre), Some(scale)) = numbers else {
            return Ok(Err("a centre or a scale is no number".to_owned()));
        };
        centres.push(centre);
        scales.push(scale);
    }
    Ok(Ok((named.map(|_| labels), centres, scales)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &str, format: Format) -> Result<BTreeMap<String, Line>, String> {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        let artifact = Artifact::at(path, format, Vec::new()).expect("there");
        read(&artifact, &["a".to_owned(), "b".to_owned()]).expect("readable")
    }

    #[test]
    fn every_usual_way_to_save_statistics_is_read() {
        let expected = BTreeMap::from([
            ("a".to_owned(), Line { centre: 1.0, scale: 2.0 }),
            ("b".to_owned(), Line { centre: -1.5, scale: 0.25 }),
        ]);
        for text in [
            r#"{"mean": {"a": 1, "b": -1.5}, "scale": {"a": 2, "b": 0.25}}"#,
            r#"{"x": 1, "scaler": {"mean_": [1, -1.5], "std": [2, 0.25]}}"#,
            r#"{"mean": [-1.5, 1], "std": [0.25, 2], "features": ["b", "a"]}"#,
            r#"{"a": {"mean": 1, "std": 2}, "b": {"mean": -1.5, "std": 0.25}}"#,
        ] {
            assert_eq!(of("s.json", text, Format::Json), Ok(expected.clone()), "{text}");
        }
        assert_eq!(of("s.csv", "feature,mean,scale\na,1,2\nb,-1.5,0.25\n", Format::Csv), Ok(expected));
    }

    #[test]
    fn what_holds_no_statistics_says_so() {
        assert!(of("s.json", r#"{"weights": [1]}"#, Format::Json).is_err());
        assert!(of("s.json", r#"{"mean": [1], "std": [1]}"#, Format::Json).is_err());
        assert!(of("s.csv", "a,b\n1,2\n", Format::Csv).is_err());
        assert!(of("s.csv", "mean,std\n1,x\n2,1\n", Format::Csv).is_err());
    }
}
