//! Components of a bill: a model with its card, and data.

use serde_json::{Map, Value, json};

use crate::judge::figure::{Metric, Seeds};
use crate::report::DataNode;
use crate::report::subject::Subject;

/// How the bill names a model.
pub(super) fn reference(subject: &Subject<'_>) -> String {
    format!("model:{}", subject.case.name)
}

fn data_reference(subject: &Subject<'_>, data: &str) -> String {
    format!("data:{}:{data}", subject.case.name)
}

/// The model of a pipeline.
pub(super) fn component(subject: &Subject<'_>) -> Value {
    let mut model = Map::new();
    let mut put = |key: &str, value: Value| model.insert(key.to_owned(), value);
    put("type", json!("machine-learning-model"));
    put("bom-ref", json!(reference(subject)));
    put("name", json!(subject.name()));
    let description = subject.text("description").unwrap_or(&subject.case.summary);
    if !description.is_empty() {
        put("description", json!(description));
    }
    let authors: Vec<Value> = subject.list("authors").iter().map(|name| json!({ "name": name })).collect();
    if !authors.is_empty() {
        put("authors", json!(authors));
    }
    let tags = subject.list("tags");
    if !tags.is_empty() {
        put("tags", json!(tags));
    }
    let weights = weights(subject);
    if let [only] = weights.as_slice() {
        put("hashes", only["hashes"].clone());
    }
    if let Some(license) = license(subject) {
        put("licenses", json!([{ "license": license }]));
    }
    let references = references(subject);
    if !references.is_empty() {
        put("externalReferences", json!(references));
    }
    if !weights.is_empty() {
        put("components", json!(weights));
    }
    put("modelCard", card(subject));
    put("properties", json!(verdicts(subject)));
    Value::Object(model)
}

/// The files with weights whose digests are known.
fn weights(subject: &Subject<'_>) -> Vec<Value> {
    let file = |output: &crate::report::OutputNode| {
        let digest = subject.digest(&output.name)?;
        let reference = format!("{}:{}", reference(subject), output.name);
        Some(json!({
            "type": "file",
            "bom-ref": reference,
            "name": output.path,
            "hashes": [{ "alg": "SHA-256", "content": digest }],
        }))
    };
    subject.weights().into_iter().filter_map(file).collect()
}

fn license(subject: &Subject<'_>) -> Option<Value> {
    let declared = subject.text("license")?;
    let mut license = match subject.card().and_then(crate::case::Card::spdx) {
        Some(id) => json!({ "id": id }),
        None => json!({ "name": subject.text("license-name").unwrap_or(declared) }),
    };
    if let Some(link) = subject.text("license-link").filter(|link| is_address(link)) {
        license["url"] = json!(link);
    }
    Some(license)
}

/// Whether a text can stand where an address is asked for.
fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&byte))
    })
}

fn references(subject: &Subject<'_>) -> Vec<Value> {
    let one = |(kind, key): (&str, &str)| {
        let address = subject.text(key).filter(|address| is_address(address))?;
        Some(json!({ "type": kind, "url": address }))
    };
    [("vcs", "code"), ("documentation", "paper")].into_iter().filter_map(one).collect()
}

fn card(subject: &Subject<'_>) -> Value {
    let mut card = Map::new();
    card.insert("bom-ref".to_owned(), json!(format!("card:{}", subject.case.name)));
    card.insert("modelParameters".to_owned(), parameters(subject));
    let metrics = subject.metrics();
    let measured: Vec<Value> = metrics
        .iter()
        .map(|metric| of_baseline(metric))
        .chain(subject.seeds().iter().map(|seeds| of_seeds(seeds)))
        .collect();
    if !measured.is_empty() {
        card.insert("quantitativeAnalysis".to_owned(), json!({ "performanceMetrics": measured }));
    }
    let considerations = considerations(subject);
    if !considerations.is_empty() {
        card.insert("considerations".to_owned(), Value::Object(considerations));
    }
    Value::Object(card)
}

fn parameters(subject: &Subject<'_>) -> Value {
    let mut parameters = Map::new();
    for (name, key) in [("task", "task"), ("modelArchitecture", "architecture")] {
        if let Some(words) = subject.text(key) {
            parameters.insert(name.to_owned(), json!(words));
        }
    }
    let datasets: Vec<Value> = subject
        .pipeline
        .data
        .iter()
        .map(|data| json!({ "ref": data_reference(subject, &data.name) }))
        .collect();
    let formats = |mut formats: Vec<&str>| {
        formats.sort_unstable();
        formats.dedup();
        formats.into_iter().map(|format| json!({ "format": format })).collect::<Vec<_>>()
    };
    let inputs = formats(subject.evaluation().iter().map(|data| data.format.as_str()).collect());
    let predictions =
        subject.outputs().map(|(_, output)| output).filter(|output| output.role == "predictions");
    let outputs = formats(predictions.map(|output| output.format.as_str()).collect());
    for (name, list) in [("datasets", datasets), ("inputs", inputs), ("outputs", outputs)] {
        if !list.is_empty() {
            parameters.insert(name.to_owned(), json!(list));
        }
    }
    Value::Object(parameters)
}

fn of_baseline(metric: &Metric) -> Value {
    let kind = metric.averaging.as_ref().map(|kind| format!(" ({kind})")).unwrap_or_default();
    let mut measured = json!({ "type": format!("{}{kind}", metric.name), "value": metric.value.to_string() });
    if let Some(group) = &metric.group {
        measured["slice"] = json!(format!("{} = {}", group.column, group.value));
    }
    measured
}

fn of_seeds(seeds: &Seeds) -> Value {
    json!({
        "type": format!("{} (mean over {} seeds)", seeds.metric, seeds.values.len()),
        "value": seeds.mean.to_string(),
        "confidenceInterval": {
            "lowerBound": seeds.interval.low.to_string(),
            "upperBound": seeds.interval.high.to_string(),
        },
    })
}

fn considerations(subject: &Subject<'_>) -> Map<String, Value> {
    let mut all = Map::new();
    for (name, keys) in
        [("useCases", &["intended-use"][..]), ("technicalLimitations", &["limitations", "out-of-scope"])]
    {
        let words: Vec<&str> = keys.iter().filter_map(|key| subject.text(key)).collect();
        if !words.is_empty() {
            all.insert(name.to_owned(), json!(words));
        }
    }
    if let Some(words) = subject.text("ethics") {
        let mut one = json!({ "name": words });
        if let Some(strategy) = subject.text("recommendations") {
            one["mitigationStrategy"] = json!(strategy);
        }
        all.insert("ethicalConsiderations".to_owned(), json!([one]));
    }
    all
}

/// How the audits came out.
fn verdicts(subject: &Subject<'_>) -> Vec<Value> {
    let one = |verdict: &crate::judge::Verdict| json!({ "name": format!("driftless:audit:{}", verdict.audit), "value": verdict.status.word() });
    subject.case.verdicts.iter().map(one).collect()
}

/// Declared data.
pub(super) fn data(subject: &Subject<'_>, data: &DataNode) -> Value {
    let sheet = subject.sheet(&data.name);
    let said = |key: &str| subject.of_data(&data.name, key);
    let mut properties = vec![
        ("driftless:data:path", data.path.clone()),
        ("driftless:data:format", data.format.clone()),
        ("driftless:data:held-out", data.held_out.to_string()),
    ];
    if let Some(bytes) = sheet.and_then(|sheet| sheet.bytes) {
        properties.push(("driftless:data:bytes", bytes.to_string()));
    }
    if let Some(table) = sheet.and_then(|sheet| sheet.table.as_ref()) {
        let columns = table.columns.len() as u64 + table.columns_left_out;
        properties.push(("driftless:data:rows", table.rows.to_string()));
        properties.push(("driftless:data:columns", columns.to_string()));
    }
    let properties: Vec<Value> =
        properties.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    let mut content =
        json!({ "type": "dataset", "name": data.name, "contents": { "properties": properties } });
    let words: Vec<&str> =
        ["motivation", "collection", "preprocessing"].into_iter().filter_map(said).collect();
    if !words.is_empty() {
        content["description"] = json!(words.join("\n\n"));
    }
    let mut component = json!({
        "type": "data",
        "bom-ref": data_reference(subject, &data.name),
        "name": said("name").unwrap_or(&data.name),
        "data": [content],
    });
    if let Some(digest) = sheet.and_then(|sheet| sheet.sha256.as_ref()) {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": digest }]);
    }
    if let Some(license) = said("license") {
        component["licenses"] = json!([{ "license": { "name": license } }]);
    }
    if let Some(source) = said("source").filter(|source| is_address(source)) {
        component["externalReferences"] = json!([{ "type": "distribution", "url": source }]);
    }
    component
}
