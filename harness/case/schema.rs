//! The published JSON schema, from which editors complete and check a case file.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::raw;

/// The JSON schema (draft 2020-12) of a case file.
#[must_use]
pub fn schema() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<raw::File>().to_value()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::case::tests::EXAMPLE;

    fn valid(text: &str) -> bool {
        let document: toml::Table = text.parse().unwrap();
        let validator = jsonschema::validator_for(&schema()).unwrap();
        validator.is_valid(&plain(toml::Value::Table(document)))
    }

    /// TOML as editors hand it to a JSON schema: dates are strings.
    fn plain(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(date) => json!(date.to_string()),
            toml::Value::Array(list) => list.into_iter().map(plain).collect(),
            toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, plain(value))).collect(),
            other => serde_json::to_value(other).unwrap(),
        }
    }

    #[test]
    fn schema_names_its_draft_and_title_and_no_id() {
        let schema = schema();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["title"], "driftless case file");
        assert_eq!(schema.get("$id"), None);
        assert!(jsonschema::meta::is_valid(&schema));
    }

    #[test]
    fn example_file_fits_the_schema() {
        assert!(valid(EXAMPLE));
    }

    #[test]
    fn unknown_keys_and_wrong_types_do_not_fit() {
        assert!(!valid("[pipeline]\nsumary = \"x\""));
        assert!(!valid("[pipelin]\nsummary = \"x\""));
        assert!(!valid("[stage.a]\ncommand = \"python\""));
        assert!(!valid("[stage.a]\ntimeout = \"1s\""), "a command is required");
        assert!(!valid("[stage.a]\ncommand = []"));
        assert!(!valid("[stage.a]\ncommand = [\"x\"]\nout.w = { file = \"w\" }"));
        assert!(!valid("[stage.\"a b\"]\ncommand = [\"x\"]"));
        assert!(!valid("[knobs]\nseed = [1]"));
    }

    #[test]
    fn every_key_is_described() {
        let schema = schema();
        let tables = schema["$defs"].as_object().unwrap().values().chain([&schema]);
        for table in tables {
            for (key, property) in table.get("properties").and_then(Value::as_object).into_iter().flatten() {
                assert!(property.get("description").is_some(), "{key} has no description");
            }
        }
    }
}
