//! A bill of materials for machine learning: `CycloneDX` 1.6 as JSON, with a model card for every pipeline that leaves a
//! model or predictions, or whose metrics were measured.
//!
//! The serial number is made from the content, and there is no time in it but that of the fingerprint: two bills of one
//! report are equal.

mod model;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Report;
use super::subject::{self, Subject};
use crate::artifact::Digest;

/// The bill of a report.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut bill = bill(report);
    let serial = serial(&bill.to_string());
    bill["serialNumber"] = json!(format!("urn:uuid:{serial}"));
    serde_json::to_string_pretty(&bill).map_or_else(|error| error.to_string(), |text| text + "\n")
}

fn bill(report: &Report) -> Value {
    let subjects = subject::all(report);
    // Pipelines share libraries.
    let mut libraries = BTreeMap::new();
    let mut components = Vec::new();
    let mut dependencies = Vec::new();
    for subject in &subjects {
        let own = library_refs(subject, &mut libraries);
        let data: Vec<Value> = subject.pipeline.data.iter().map(|data| model::data(subject, data)).collect();
        let refs: Vec<Value> = data.iter().map(|data| data["bom-ref"].clone()).collect();
        let needs: Vec<Value> = refs.into_iter().chain(own.into_iter().map(Value::from)).collect();
        components.push(model::component(subject));
        dependencies.push(json!({ "ref": model::reference(subject), "dependsOn": needs }));
        components.extend(data);
    }
    components.extend(libraries.into_values());
    let mut metadata = Map::new();
    if let Some(fingerprint) = &report.measured.fingerprint {
        metadata.insert("timestamp".to_owned(), json!(fingerprint.when.ended));
    }
    let tool = json!({ "type": "application", "name": "driftless", "version": report.version });
    metadata.insert("tools".to_owned(), json!({ "components": [tool] }));
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "",
        "version": 1,
        "metadata": metadata,
        "components": components,
        "dependencies": dependencies,
    })
}

/// The libraries that a pipeline ran with, by their references. Only those whose versions change numbers are known one by
/// one.
fn library_refs(subject: &Subject<'_>, libraries: &mut BTreeMap<String, Value>) -> Vec<String> {
    let Some(python) = subject.python else { return Vec::new() };
    let mut refs = Vec::new();
    for (name, version) in &python.libraries {
        let purl = purl(name, version);
        let library =
            json!({ "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl });
        libraries.insert(purl.clone(), library);
        refs.push(purl);
    }
    refs
}

/// `pkg:pypi/scikit-learn@1.7.2`: the name as `PyPI` normalises it (PEP 503), the version percent-encoded.
fn purl(name: &str, version: &str) -> String {
    let mut plain = String::new();
    for letter in name.to_lowercase().chars() {
        let letter = if "-_.".contains(letter) { '-' } else { letter };
        if letter != '-' || !plain.ends_with('-') {
            plain.push(letter);
        }
    }
    format!("pkg:pypi/{}@{}", percent(&plain), percent(version))
}

fn percent(text: &str) -> String {
    let byte = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b".-_~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(byte).collect()
}

/// A UUID of version 8 (RFC 9562) from the sha256 of a text.
fn serial(text: &str) -> String {
    let digest = Digest::of_bytes(text.as_bytes()).to_string();
    // The variant `10` in two bits, and two bits of the digest.
    let variant = match digest.as_bytes()[16] {
        b'0'..=b'3' => '8',
        b'4'..=b'7' => '9',
        b'8' | b'9' | b'a' | b'b' => 'a',
        _ => 'b',
    };
    format!(
        "{}-{}-8{}-{variant}{}-{}",
        &digest[..8],
        &digest[8..12],
        &digest[13..16],
        &digest[17..20],
        &digest[20..32]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_named_as_their_index_names_them() {
        assert_eq!(purl("Scikit_Learn", "1.7.2"), "pkg:pypi/scikit-learn@1.7.2");
        assert_eq!(purl("torch", "2.1.0+cu118"), "pkg:pypi/torch@2.1.0%2Bcu118");
    }

    #[test]
    fn a_serial_number_is_a_uuid_of_the_content() {
        let one = serial("a");
        assert_eq!(one, "ca978112-ca1b-8dca-bac2-31b39a23dc4d");
        assert_ne!(one, serial("b"));
    }

    #[test]
    fn a_report_without_pipelines_is_a_bill_without_components() {
        let text = render(&Report::new(Vec::new()));
        let bill: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(bill["components"], json!([]));
        assert_eq!(bill["metadata"].get("timestamp"), None);
    }
}
