//! The report for machines: JSON with a published schema (`driftless schema report`).
//!
//! The layout has a number, [`FORMAT`], which stands in every report as `format`. It grows when a key goes away or means
//! something else, and readers refuse numbers that they do not know. Keys may be added without a new number: readers pass
//! over those that they do not know. The schema is that of one version of driftless and refuses unknown keys, so that a
//! misspelt one is seen.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::{FORMAT, Report};

/// The report as indented JSON with a final newline.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}

/// The JSON schema (draft 2020-12) of reports, with the layout's number in its title and as the only value of `format`.
#[must_use]
pub fn schema() -> Value {
    let mut schema =
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Report>().to_value();
    if let Some(format) = schema.pointer_mut("/properties/format").and_then(Value::as_object_mut) {
        format.insert("const".to_owned(), FORMAT.into());
    }
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), format!("driftless report, layout {FORMAT}").into());
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn accepts(report: &Value) -> bool {
        jsonschema::validator_for(&schema()).unwrap().is_valid(report)
    }

    #[test]
    fn the_schema_names_its_draft_and_layout_and_describes_every_key() {
        let schema = schema();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["title"], "driftless report, layout 1");
        assert!(jsonschema::meta::is_valid(&schema));
        for table in schema["$defs"].as_object().unwrap().values().chain([&schema]) {
            for (key, property) in table.get("properties").and_then(Value::as_object).into_iter().flatten() {
                assert!(property.get("description").is_some(), "{key} has no description in {table:#}");
            }
        }
    }

    #[test]
    fn a_report_with_everything_fits_the_schema_and_comes_back_the_same() {
        let report = sample::full();
        let value: Value = serde_json::from_str(&render(&report)).unwrap();
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert_eq!(serde_json::from_value::<Report>(value).unwrap(), report);
    }

    #[test]
    fn planted_faults_are_refused() {
        let good = serde_json::to_value(sample::full()).unwrap();
        assert!(accepts(&good));
        for (pointer, planted) in [
            ("/format", serde_json::json!(2)),
            ("/cases/0/verdicts/0/status", serde_json::json!("green")),
            ("/cases/0/verdicts/0/headline", serde_json::json!(7)),
            ("/measured/stages/0/wall_us", serde_json::json!(-1)),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap_or_else(|| panic!("nothing at {pointer}")) = planted;
            assert!(!accepts(&bad), "{pointer}");
        }
        for pointer in
            ["", "/cases/0", "/cases/0/verdicts/0", "/cases/0/verdicts/1/findings/0", "/gate", "/measured"]
        {
            let mut bad = good.clone();
            let table = bad.pointer_mut(pointer).and_then(Value::as_object_mut);
            table
                .unwrap_or_else(|| panic!("no table at `{pointer}`"))
                .insert("verdict_".to_owned(), true.into());
            assert!(!accepts(&bad), "an unknown key at `{pointer}`");
        }
    }
}
