//! Fingerprints, the way back from a file to its run, and attestations that others check.

use std::path::Path;

use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};

use crate::support::{Project, Ran};

const TABLE: &str = "printf 'id,y\\n1,0.5\\n' > \"$1\"\n";

fn table(script: &str) -> Project {
    let project = Project::shell(script, "");
    let case = std::fs::read_to_string(project.path().join("driftless.toml")).expect("the case");
    project.write("driftless.toml", case.replace("made.txt", "made.csv"));
    project
}

fn saved(project: &Project, path: &str) -> Value {
    let text = std::fs::read_to_string(project.path().join(path)).expect("a file");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn attested(project: &Project, more: &[&str]) -> Ran {
    project.run(&[&["attest", "--quiet", "-o", "a.json"], more].concat())
}

#[test]
fn a_fingerprint_holds_variables_that_change_numbers_and_no_others() {
    let project = table(TABLE);
    let mut command = project.command(&["fingerprint", "--json"]);
    command.env("OMP_NUM_THREADS", "3").env("MKL_API_KEY", "hidden").env("CLOUD_SECRET", "hidden");
    let ran = Ran::of(&command.output().expect("the binary runs"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.stdout.contains("hidden"), "{}", ran.stdout);
    let found: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(found["variables"]["OMP_NUM_THREADS"], "3");
    assert_eq!(found["not_known"]["source"], "no git repository");
    assert!(found["machine"]["processor"]["flags"].is_array(), "{found:#}");
    assert!(found["cases"][0]["sources"]["run.sh"].is_string(), "{found:#}");
    assert!(project.run(&["fingerprint"]).stdout.contains("\n  config        "));
}

#[test]
fn every_session_keeps_its_fingerprint_and_two_differ_in_begin_and_end_alone() {
    let project = table(TABLE);
    let fingerprint = || {
        let (_, report) = project.report(&[]);
        let mut found = report["measured"]["fingerprint"].clone();
        assert!(found["when"]["started"].as_str().is_some_and(|moment| moment.ends_with('Z')), "{found:#}");
        found.as_object_mut().expect("an object").remove("when");
        found
    };
    let first = fingerprint();
    assert_eq!(first["cases"][0]["outputs"][0]["path"], "made.csv");
    let sessions = std::fs::read_dir(project.path().join("target/driftless")).expect("a store").flatten();
    let kept = sessions.map(|entry| entry.path().join("fingerprint.json")).find(|path| path.exists());
    let text = std::fs::read_to_string(kept.expect("a fingerprint in the session")).expect("UTF-8");
    let mut kept: Value = serde_json::from_str(&text).expect("JSON");
    kept.as_object_mut().expect("an object").remove("when");
    assert_eq!(kept, first);
    assert_eq!(fingerprint(), first);
}

#[test]
fn a_machine_has_a_fingerprint_without_any_case_and_nothing_is_left_behind() {
    let project = Project::empty();
    let ran = project.run(&["fingerprint", "--json"]);
    let found: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}\n{ran:?}"));
    assert!(ran.code == 0 && found["machine"]["kernel"].is_string(), "{found:#}");
    assert_eq!(std::fs::read_dir(project.path()).expect("a folder").count(), 0);
}

#[test]
fn what_two_fingerprints_differ_in_is_said_with_what_it_does_to_bits() {
    let project = table(TABLE);
    let own = project.run(&["fingerprint", "--json"]).stdout;
    project.write("a.json", &own);
    let mut other: Value = serde_json::from_str(&own).expect("JSON");
    other["machine"]["libc"] = json!("glibc 2.17");
    other["machine"]["kernel"] = json!("Linux 3.10.0");
    other["machine"]["processor"]["flags"] = json!(["avx"]);
    other["when"]["started"] = json!("2000-01-01T00:00:00Z");
    project.write("b.json", other.to_string());
    assert_eq!(project.run(&["fingerprint", "--diff", "a.json", "a.json"]).code, 0);
    let ran = project.run(&["fingerprint", "--diff", "a.json", "b.json"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let place = |text: &str| ran.stdout.find(text).unwrap_or_else(|| panic!("no {text} in {}", ran.stdout));
    assert!(place("known to change bits\n") < place("machine.libc"));
    assert!(place("machine.processor.flags") < place("not known to change bits\n"));
    assert!(place("not known to change bits\n") < place("machine.kernel"));
    assert!(
        ran.stdout.contains("[The GNU C Library") && !ran.stdout.contains("2000-01-01"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_file_leads_back_to_its_run_by_its_bytes_and_by_its_name() {
    let project = table(TABLE);
    project.write("made.csv", "id,y\n1,0.5\n");
    let before = project.run(&["whence", "made.csv"]);
    assert_eq!(before.code, 2, "{before:?}");
    assert!(
        before.stdout.contains("no run is known") && before.stdout.contains("0 kept sessions"),
        "{before:?}"
    );
    project.report(&[]);
    let found = project.run(&["whence", "made.csv", "--json"]);
    assert_eq!(found.code, 0, "{found:?}");
    let found: Value = serde_json::from_str(&found.stdout).expect("JSON");
    assert_eq!(found["traces"][0]["artifact"], "made");
    assert_eq!(found["traces"][0]["run"], "baseline");

    let name = project.run(&["whence", "made.csv", "--name"]).stdout;
    let config = found["traces"][0]["facts"]["config"].as_str().expect("a digest");
    assert!(name.starts_with(&format!("made_{}_w", &config[..8])), "{name}");
    project.write(name.trim(), "other bytes\n");
    let other = project.run(&["whence", name.trim()]);
    assert_eq!(other.code, 2, "{other:?}");
    assert!(other.stdout.contains("config and weights are those of"), "{}", other.stdout);

    assert_eq!(project.run(&["run", "--record", "--quiet"]).code, 0);
    assert_eq!(project.run(&["accept"]).code, 0);
    assert_eq!(attested(&project, &[]).code, 0);
    std::fs::remove_dir_all(project.path().join("target")).expect("the store goes");
    let kept = project.run(&["whence", "made.csv"]).stdout;
    assert!(kept.contains("the accepted snapshot ") && kept.contains("the attestation a.json"), "{kept}");
}

#[test]
fn an_attestation_keeps_to_its_schema_and_the_same_bits_are_the_same() {
    let project = Project::empty();
    project.write("p/train.py", "import sys\nrows = open(sys.argv[1]).read().split()\nopen(sys.argv[2], 'w').write(str(len(rows)))\nopen(sys.argv[3], 'w').write('id,y\\n1,2\\n')\n");
    project.write("train.csv", "id,x\n1,5\n2,6\n");
    project.write("driftless.toml", "[pipeline]\ndir = \"p\"\n[data.train]\npath = \"train.csv\"\nid = \"id\"\n[stage.train]\ncommand = [\"python3\", \"train.py\", \"{data.train}\", \"{out.model}\", \"{out.predictions}\"]\nout.model = \"model.txt\"\nout.predictions = { path = \"p.csv\", id = \"id\" }\n");
    let ran = attested(&project, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("2 outputs; every audit that ran held; unsigned"), "{ran:?}");
    let statement = saved(&project, "a.json");
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    let schema: Value =
        serde_json::from_str(&project.run(&["schema", "attestation"]).stdout).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let errors: Vec<String> =
        validator.iter_errors(&statement["predicate"]).map(|error| format!("{error}")).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(!validator.is_valid(&json!({ "format": 1 })));
    let facts = &statement["predicate"]["fingerprint"];
    assert!(facts["cases"][0]["data"]["train"].is_string() && facts["pythons"][0]["version"].is_string());

    let checked = project.run(&["verify", "a.json", "--quiet", "--json"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    let checked: Value = serde_json::from_str(&checked.stdout).expect("JSON");
    assert_eq!((&checked["state"], &checked["level"]), (&json!("same"), &json!("repeatability")));

    // As if it came from elsewhere.
    let mut elsewhere = statement.clone();
    let machine = &mut elsewhere["predicate"]["fingerprint"]["machine"];
    machine["id"] = json!("0123456789abcdef");
    machine["libc"] = json!("glibc 2.17");
    machine["kernel"] = json!("Linux 3.10.0");
    project.write("elsewhere.json", elsewhere.to_string());
    let checked = project.run(&["verify", "elsewhere.json", "--quiet"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    let place = |text: &str| checked.stdout.find(text).unwrap_or_else(|| panic!("no {text}: {checked:?}"));
    assert!(place("known to change bits\n  machine.libc") < place("machine.kernel"));
    assert!(place("shown: reproducibility, as far as a machine can know") < place("on another machine"));
    assert!(
        checked.stdout.contains("a different team did it, which cannot be seen from here"),
        "{checked:?}"
    );

    let report = project.run(&["run", "--quiet", "--format", "json"]).stdout;
    project.write("report.json", report);
    assert_eq!(attested(&project, &["--report", "report.json"]).code, 0);
    project.write("train.csv", "id,x\n1,5\n");
    let stale = attested(&project, &["--report", "report.json"]);
    assert_eq!(stale.code, 1, "{stale:?}");
    assert!(stale.stderr.contains("before the data or the lock file"), "{}", stale.stderr);
}

#[test]
fn another_program_drifts_with_the_difference_and_rounding_may_be_declared() {
    let project = table(TABLE);
    assert_eq!(attested(&project, &[]).code, 0);
    project.write("p/run.sh", TABLE.replace("0.5", "0.5000000000000001"));
    let drift = project.run(&["verify", "a.json", "--quiet"]);
    assert_eq!(drift.code, 2, "{drift:?}");
    for text in
        ["made: drift", "row 1, column `y`", "sources.run.sh", "neither repeatability nor reproducibility"]
    {
        assert!(drift.stdout.contains(text), "no {text} in {}", drift.stdout);
    }
    let within = project.run(&["verify", "a.json", "--quiet", "--within-ulps", "4"]);
    assert_eq!(within.code, 0, "{within:?}");
    assert!(within.stdout.contains("same within the declared bound"), "{}", within.stdout);
    assert!(within.stdout.contains("are not those that were attested"), "{}", within.stdout);

    std::fs::remove_dir_all(project.path().join("target")).expect("the store goes");
    let digests = project.run(&["verify", "a.json", "--quiet", "--within-ulps", "4"]);
    assert_eq!(digests.code, 2, "{digests:?}");
    assert!(digests.stdout.contains("only the digests could be compared"), "{}", digests.stdout);
    project.write("kept/any.csv", "id,y\n1,0.5\n");
    let given = ["verify", "a.json", "--quiet", "--within-ulps", "4", "--artifacts", "kept"];
    assert_eq!(project.run(&given).code, 0);

    project.write("p/run.sh", "exit 3\n");
    let failed = project.run(&["verify", "a.json", "--quiet"]);
    assert_eq!(failed.code, 4, "{failed:?}");
}

/// A key pair from a seed, as `openssl genpkey` and `openssl pkey -pubout` write it (RFC 8410, section 7).
fn keys(project: &Project) {
    let block = |label: &str, head: &[u8], key: &[u8]| {
        let body = Base64::encode_string(&[head, key].concat());
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    };
    let secret = [9; 32];
    let open = ed25519_dalek::SigningKey::from_bytes(&secret).verifying_key();
    let private = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let public = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
    project.write("key.pem", block("PRIVATE KEY", &private, &secret));
    project.write("public.pem", block("PUBLIC KEY", &public, open.as_bytes()));
}

#[test]
fn a_signed_attestation_is_checked_first_and_a_changed_one_is_refused() {
    let project = table(TABLE);
    keys(&project);
    assert_eq!(attested(&project, &["--sign", "key.pem"]).code, 0);
    let good = project.run(&["verify", "a.json", "--key", "public.pem", "--quiet"]);
    assert_eq!(good.code, 0, "{good:?}");
    assert!(good.stdout.starts_with("signature: the signature is that of the given key\n"), "{good:?}");

    let mut envelope = saved(&project, "a.json");
    let payload = Base64::decode_vec(envelope["payload"].as_str().expect("text")).expect("base64");
    let changed =
        String::from_utf8(payload).expect("UTF-8").replace("\"summary\": \"test\"", "\"summary\": \"best\"");
    envelope["payload"] = json!(Base64::encode_string(changed.as_bytes()));
    project.write("changed.json", envelope.to_string());
    let refused = project.run(&["verify", "changed.json", "--key", "public.pem", "--quiet"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("is not signed by `public.pem`, or was changed since"), "{refused:?}");
    assert_eq!(refused.stdout, "");

    assert_eq!(attested(&project, &["--dsse"]).code, 0);
    let unsigned = project.run(&["verify", "a.json", "--quiet"]);
    assert!(unsigned.code == 0 && unsigned.stdout.starts_with("signature: unsigned"), "{unsigned:?}");
    assert_eq!(project.run(&["verify", "a.json", "--key", "public.pem"]).code, 1);
    assert_eq!(attested(&project, &["--sign", "public.pem"]).code, 1);
    assert_eq!(project.run(&["attest", "-o", "."]).code, 1);
    assert_eq!(project.run(&["attest", "-o", "none/a.json"]).code, 1);
    assert_eq!(project.run(&["verify", "a.json", "--artifacts", "none"]).code, 1);
}

#[test]
fn a_failure_is_attested_only_when_asked_for_and_never_looks_green() {
    // The seed is ignored, so one audit is blind.
    let project = Project::shell("echo x > \"$1\"\n", "env = { SEED = \"{seed}\" }\n[knobs]\nseed = 1\n");
    let refused = attested(&project, &[]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("not every audit held") && !project.path().join("a.json").exists());
    let written = attested(&project, &["--even-if-failed"]);
    assert_eq!(written.code, 2, "{written:?}");
    assert!(written.stdout.contains("NOT every audit held"), "{written:?}");
    assert_eq!(saved(&project, "a.json")["predicate"]["held"], false);
    let checked = project.run(&["verify", "a.json", "--quiet"]);
    assert_eq!(checked.code, 2, "{checked:?}");
    assert!(checked.stdout.contains("not every audit held when this was written"), "{}", checked.stdout);
    assert!(checked.stdout.contains("audit seed-coverage of "), "{}", checked.stdout);
    let mut praised = saved(&project, "a.json");
    praised["predicate"]["held"] = json!(true);
    project.write("praised.json", praised.to_string());
    let refused = project.run(&["verify", "praised.json"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("says that all held, and that an audit did not"), "{refused:?}");
}

#[test]
fn files_that_are_no_attestations_give_clear_errors() {
    let project = table(TABLE);
    project.write("broken.json", "{ \"_type\": ");
    project.write("binary.json", [0_u8, 159, 146, 150]);
    project.write("empty.json", "");
    project.write("other.json", "{\"_type\": \"https://in-toto.io/Statement/v0.1\"}");
    project.write("kind.json", "{\"_type\": \"https://in-toto.io/Statement/v1\", \"predicateType\": \"x\"}");
    let half = "{\"_type\": \"https://in-toto.io/Statement/v1\", \"predicateType\": \"urn:driftless:attestation:v1\"}";
    project.write("half.json", half);
    project
        .write("envelope.json", "{\"payloadType\": \"text/plain\", \"payload\": \"\", \"signatures\": []}");
    std::fs::create_dir(project.path().join("folder.json")).expect("a folder");
    let huge = std::fs::File::create(project.path().join("huge.json")).expect("a file");
    huge.set_len(65 << 20).expect("a hole");
    std::os::unix::fs::symlink("/nowhere/at/all", project.path().join("link.json")).expect("a link");
    for (file, text) in [
        ("broken.json", "is no JSON"),
        ("binary.json", "is no JSON"),
        ("empty.json", "is no JSON"),
        ("other.json", "has `_type` https://in-toto.io/Statement/v0.1"),
        ("kind.json", "has `predicateType` x"),
        ("half.json", "does not keep to the schema"),
        ("envelope.json", "holds a payload of type `text/plain`"),
        ("folder.json", "a directory"),
        ("huge.json", "is larger than"),
        ("link.json", ""),
        ("missing.json", "No such file"),
    ] {
        let ran = project.run(&["verify", file]);
        assert!([1, 70].contains(&ran.code), "{file}: {ran:?}");
        assert!(ran.stderr.contains(text) && ran.stderr.contains("hint: "), "{file}: {ran:?}");
        assert_eq!(ran.code, 1, "{file}: {ran:?}");
        let diff = project.run(&["fingerprint", "--diff", file, file]);
        assert_eq!(diff.code, 1, "{file}: {diff:?}");
    }
    assert_eq!(project.run(&["whence", "missing.csv"]).code, 1);
    assert!(!Path::new("a.json").exists());
}
