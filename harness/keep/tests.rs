use std::collections::BTreeMap;
use std::thread;

use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

use super::*;

const BODY: &str = "relation: same-bits\nsha256: 9f86d081884c7d65\nfirst: 0.1 0x1.999999999999ap-4\n";
const OTHER: &str = "relation: same-bits\nsha256: 60303ae22b998861\nfirst: 0.1 0x1.999999999999bp-4\n";

/// Bodies made of what tools like to change: line ends, blanks, marks, other scripts.
pub(super) fn any_body() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-f0-9]{1,8}",
        "(?s).{0,4}",
        prop::sample::select(vec![
            "\n",
            "\n\n",
            "\r\n",
            "\r",
            " ",
            "\t",
            "---\n",
            "<<<<<<< HEAD\n",
            ">>>>>>>",
            "\\",
            "\\n",
            "\u{85}",
            "\u{feff}",
            "\0",
            "größe",
            "數",
            "(spelled out",
            "0.30000000000000004\n",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn project() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn key(case: &str) -> Key<'_> {
    Key { audit: "nuisance", case, class: None }
}

fn keep_as(project: &Path, mode: Mode, key: &Key, body: &str) -> Result<State, Error> {
    Keeper::new(project, mode).keep(
        key,
        body,
        "the same bits",
        &json!({ "host": "Linux 6.8", "processors": 2 }),
    )
}

fn record(project: &Path, key: &Key, body: &str) -> State {
    keep_as(project, Mode::Record, key, body).unwrap()
}

fn compare(project: &Path, key: &Key, body: &str) -> State {
    keep_as(project, Mode::Compare, key, body).unwrap()
}

fn accept_all(project: &Path) -> Vec<Pending> {
    accept(project, &|_| true).unwrap()
}

/// A project with `BODY` accepted for `digits/logistic`.
fn project_with_body() -> (TempDir, PathBuf) {
    let project = project();
    record(project.path(), &key("digits/logistic"), BODY);
    accept_all(project.path());
    let path = key("digits/logistic").path(project.path()).unwrap();
    (project, path)
}

/// Every file below the project with its bytes, to prove that nothing was written.
fn tree(project: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = walkdir::WalkDir::new(project)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file());
    files.map(|entry| (entry.path().to_owned(), fs::read(entry.path()).unwrap())).collect()
}

#[test]
fn compare_mode_tells_the_three_states_apart_and_writes_nothing() {
    let empty = project();
    let unknown = State::Unknown { pending: None, elsewhere: Vec::new() };
    assert_eq!(compare(empty.path(), &key("digits/logistic"), BODY), unknown);
    assert!(fs::read_dir(empty.path()).unwrap().next().is_none());

    let (project, _) = project_with_body();
    let before = tree(project.path());
    assert_eq!(compare(project.path(), &key("digits/logistic"), BODY), State::Same);
    let changed = State::Changed { accepted: BODY.to_owned(), fresh: OTHER.to_owned(), pending: None };
    assert_eq!(compare(project.path(), &key("digits/logistic"), OTHER), changed);
    assert_eq!(tree(project.path()), before);
}

#[test]
fn record_mode_leaves_unknown_and_changed_texts_for_review() {
    let (project, path) = project_with_body();
    let accepted = fs::read(&path).unwrap();
    let waiting = key::pending_path(&path);
    let state = record(project.path(), &key("digits/logistic"), OTHER);
    let changed =
        State::Changed { accepted: BODY.to_owned(), fresh: OTHER.to_owned(), pending: Some(waiting.clone()) };
    assert_eq!(state, changed);
    assert_eq!(
        compare(project.path(), &key("digits/logistic"), OTHER),
        changed,
        "what waits is named in compare mode too"
    );
    assert_eq!(fs::read(&path).unwrap(), accepted);
    assert!(waiting.exists());

    assert_eq!(record(project.path(), &key("digits/logistic"), BODY), State::Same);
    assert!(!waiting.exists(), "a text that is the same again has nothing to review");

    let state = record(project.path(), &key("new"), BODY);
    let waiting = project.path().join("snapshots/nuisance/new.snap.new");
    assert_eq!(state, State::Unknown { pending: Some(waiting), elsewhere: Vec::new() });
}

#[test]
fn the_file_is_insta_layout_with_the_body_as_it_is() {
    let (_project, path) = project_with_body();
    let expected = format!(
        "---\nsource: digits/logistic\ndescription: the same bits\n\
         info:\n  host: Linux 6.8\n  processors: 2\n---\n{BODY}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    let snapshot = insta::Snapshot::from_file(&path).unwrap();
    assert_eq!(snapshot.metadata().source(), Some("digits/logistic"));
    assert_eq!(snapshot.metadata().description(), Some("the same bits"));
    assert_eq!(snapshot.as_text().unwrap().to_string(), BODY.trim_end());
}

#[test]
fn the_header_is_never_compared_and_may_be_left_out() {
    let (project, _) = project_with_body();
    let keeper = Keeper::new(project.path(), Mode::Compare);
    let state =
        keeper.keep(&key("digits/logistic"), BODY, "other words", &json!({ "host": "macOS" })).unwrap();
    assert_eq!(state, State::Same);
    let keeper = Keeper::new(project.path(), Mode::Record);
    keeper.keep(&key("bare"), BODY, "", &Value::Null).unwrap();
    let written = fs::read_to_string(project.path().join("snapshots/nuisance/bare.snap.new")).unwrap();
    assert_eq!(written, format!("---\nsource: bare\n---\n{BODY}"));
}

#[test]
fn accept_takes_only_what_it_is_told_to() {
    let project = project();
    record(project.path(), &key("a"), BODY);
    record(project.path(), &key("b/c"), OTHER);
    let waiting = pending(project.path()).unwrap();
    assert_eq!(
        waiting.iter().map(|p| p.key().to_string()).collect::<Vec<_>>(),
        ["nuisance/a", "nuisance/b/c"]
    );
    assert_eq!((waiting[1].accepted.as_deref(), waiting[1].fresh.as_str()), (None, OTHER));

    let taken = accept(project.path(), &|pending| pending.case == "b/c").unwrap();
    assert_eq!(taken, waiting[1..]);
    assert_eq!(pending(project.path()).unwrap(), waiting[..1]);
    assert_eq!(compare(project.path(), &key("b/c"), OTHER), State::Same);

    record(project.path(), &key("b/c"), BODY);
    let waiting = &pending(project.path()).unwrap()[1];
    assert_eq!((waiting.accepted.as_deref(), waiting.fresh.as_str()), (Some(OTHER), BODY));
}

#[test]
fn reject_removes_what_waits_and_leaves_what_is_accepted() {
    let (project, path) = project_with_body();
    let before = tree(project.path());
    record(project.path(), &key("digits/logistic"), OTHER);
    record(project.path(), &key("new"), OTHER);
    assert_eq!(reject(project.path(), &|pending| pending.case == "new").unwrap().len(), 1);
    assert!(key::pending_path(&path).exists());
    assert_eq!(reject(project.path(), &|_| true).unwrap().len(), 1);
    assert_eq!(tree(project.path()), before);
}

#[test]
fn accept_drops_the_assertion_line_that_insta_writes() {
    let project = project();
    let folder = project.path().join("snapshots/nuisance");
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("a.snap.new"),
        format!("---\nsource: a\nassertion_line: 12\n---\nassertion_line: 1\n{BODY}"),
    )
    .unwrap();
    accept_all(project.path());
    let accepted = fs::read_to_string(folder.join("a.snap")).unwrap();
    assert_eq!(accepted, format!("---\nsource: a\n---\nassertion_line: 1\n{BODY}"));
    assert!(!folder.join("a.snap.new").exists());
}

#[test]
fn nothing_but_snapshots_is_left_in_the_folder() {
    let (project, path) = project_with_body();
    record(project.path(), &key("digits/logistic"), OTHER);
    let files: Vec<PathBuf> = tree(project.path()).into_keys().collect();
    assert_eq!(files, [path.clone(), key::pending_path(&path)]);
}

#[test]
fn each_machine_class_has_its_own_snapshot() {
    let project = project();
    let [here, there] = ["x86-64-v3-1a2b3c4d", "aarch64-5e6f7a8b"]
        .map(|class| Key { class: Some(class), ..key("digits/logistic") });
    record(project.path(), &there, OTHER);
    accept_all(project.path());
    let elsewhere = vec!["aarch64-5e6f7a8b".to_owned()];
    assert_eq!(compare(project.path(), &here, BODY), State::Unknown { pending: None, elsewhere });

    record(project.path(), &key("digits/logistic"), BODY);
    record(project.path(), &key("digits/logistic-2"), BODY);
    accept_all(project.path());
    let elsewhere = vec!["aarch64-5e6f7a8b".to_owned(), PORTABLE.to_owned()];
    assert_eq!(compare(project.path(), &here, BODY), State::Unknown { pending: None, elsewhere });

    record(project.path(), &here, BODY);
    accept_all(project.path());
    assert_eq!(compare(project.path(), &here, BODY), State::Same);
    assert_eq!(compare(project.path(), &there, OTHER), State::Same);
    assert!(matches!(compare(project.path(), &there, BODY), State::Changed { .. }));
}

#[test]
fn orphans_are_snapshots_whose_case_is_gone_whatever_their_class() {
    let project = project();
    assert!(orphans(project.path(), &[]).unwrap().is_empty(), "a project without snapshots has no orphans");
    let other_machine = Key { class: Some("aarch64-5e6f7a8b"), ..key("a") };
    let gone_there = Key { class: Some("aarch64-5e6f7a8b"), ..key("gone") };
    for key in [key("a"), other_machine, key("gone/b"), gone_there, Key { audit: "repeat", ..key("a") }] {
        record(project.path(), &key, BODY);
    }
    accept_all(project.path());
    record(project.path(), &key("gone"), BODY);
    fs::write(project.path().join("snapshots/README.md"), "ours\n").unwrap();
    fs::write(project.path().join("snapshots/loose.snap"), "another tool's\n").unwrap();

    let known = [("nuisance".to_owned(), "a".to_owned())];
    let found = orphans(project.path(), &known).unwrap();
    let names = [
        "nuisance/gone.snap.new",
        "nuisance/gone/b.snap",
        "nuisance/gone@aarch64-5e6f7a8b.snap",
        "repeat/a.snap",
    ];
    let mut expected = names.map(|name| project.path().join("snapshots").join(name));
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn a_crlf_checkout_is_changed_and_the_difference_says_so() {
    let (project, path) = project_with_body();
    fs::write(&path, fs::read_to_string(&path).unwrap().replace('\n', "\r\n")).unwrap();
    let State::Changed { accepted, fresh, .. } = compare(project.path(), &key("digits/logistic"), BODY)
    else {
        panic!("a converted snapshot must not count as the same");
    };
    assert!(difference(&accepted, &fresh).contains("core.autocrlf"));
    record(project.path(), &key("digits/logistic"), BODY);
    accept_all(project.path());
    assert_eq!(compare(project.path(), &key("digits/logistic"), BODY), State::Same);
}

#[test]
fn what_insta_would_overlook_is_changed() {
    for (from, to) in [
        ("9f86d081884c7d65\n", "9f86d081884c7d65 \n"),
        ("ap-4\n", "ap-4\n\n"),
        ("ap-4\n", "ap-4"),
        ("---\nrel", "---\n\nrel"),
    ] {
        let (project, path) = project_with_body();
        let text = fs::read_to_string(&path).unwrap();
        let edited = text.replace(from, to);
        assert_ne!(edited, text);
        fs::write(&path, edited).unwrap();
        let state = compare(project.path(), &key("digits/logistic"), BODY);
        assert!(matches!(state, State::Changed { .. }), "{from:?} became {to:?}");
    }
}

#[test]
fn an_unresolved_merge_is_an_error_with_the_file_and_a_way_out() {
    let (project, path) = project_with_body();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("sha256", "<<<<<<< HEAD\nsha256") + "=======\nb\n>>>>>>> other\n").unwrap();
    for mode in [Mode::Compare, Mode::Record] {
        let error = keep_as(project.path(), mode, &key("digits/logistic"), BODY).unwrap_err();
        assert!(matches!(error, Error::Conflict { line: 9, .. }), "{error}");
        assert!(error.to_string().contains("digits/logistic.snap"), "{error}");
        assert!(error.hint().contains("git checkout --ours"));
    }
    fs::remove_file(&path).unwrap();
    record(project.path(), &key("digits/logistic"), BODY);
    accept_all(project.path());
    assert_eq!(compare(project.path(), &key("digits/logistic"), BODY), State::Same);
}

#[test]
fn damaged_and_oversized_snapshots_are_errors() {
    let (project, path) = project_with_body();
    fs::write(&path, "---\nsource: digits").unwrap();
    let error = keep_as(project.path(), Mode::Compare, &key("digits/logistic"), BODY).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }) && error.to_string().contains("logistic.snap"), "{error}");
    assert!(error.hint().contains("version control"));
    fs::write(&path, "a\n".repeat(1 << 20)).unwrap();
    let error = keep_as(project.path(), Mode::Compare, &key("digits/logistic"), BODY).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let error = keep_as(project.path(), Mode::Compare, &key("digits/logistic"), BODY).unwrap_err();
    assert!(matches!(error, Error::Read { .. }), "{error}");
}

#[test]
fn a_header_that_would_make_the_file_too_large_is_refused_before_it_is_written() {
    let project = project();
    let keeper = Keeper::new(project.path(), Mode::Record);
    let info = json!({ "log": "x".repeat(2 << 20) });
    let error = keeper.keep(&key("a"), BODY, "", &info).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    assert!(tree(project.path()).is_empty());
}

#[test]
fn a_folder_that_cannot_be_written_fails_recording_and_leaves_comparing_alone() {
    let project = project();
    fs::write(project.path().join("snapshots"), "a file where the folder should be").unwrap();
    let error = keep_as(project.path(), Mode::Record, &key("a"), BODY).unwrap_err();
    assert!(error.to_string().contains("snapshots"), "{error}");

    // A folder that refuses even the superuser, under whom tests may run.
    #[cfg(target_os = "linux")]
    {
        let sealed = Path::new("/sys");
        let error = keep_as(sealed, Mode::Record, &key("a"), BODY).unwrap_err();
        assert!(matches!(error, Error::Write { .. }) && error.hint().contains("writable"), "{error}");
        assert_eq!(compare(sealed, &key("a"), BODY), State::Unknown { pending: None, elsewhere: Vec::new() });
    }
}

#[test]
fn names_that_lead_out_of_the_project_are_refused_before_anything_is_read() {
    let project = project();
    for case in ["../../etc/passwd", "/etc/passwd", "a/..", ""] {
        let error = keep_as(project.path(), Mode::Record, &key(case), BODY).unwrap_err();
        assert!(matches!(error, Error::Name { part: "case", .. }), "{error}");
    }
    assert!(tree(project.path()).is_empty());
}

#[test]
fn many_threads_keep_at_once() {
    let project = project();
    let keeper = Keeper::new(project.path(), Mode::Record);
    thread::scope(|scope| {
        for n in 0..8 {
            let keeper = &keeper;
            scope.spawn(move || {
                for round in 0..4 {
                    // Half of them share a key, as two processes of one test runner may.
                    let case = format!("case-{}", if n < 4 { 0 } else { n });
                    let body = format!("case: {case}\nround: {round}\n");
                    let state = keeper.keep(&key(&case), &body, "", &Value::Null).unwrap();
                    assert!(matches!(state, State::Unknown { pending: Some(_), .. }));
                }
            });
        }
    });
    let waiting = accept_all(project.path());
    assert_eq!(waiting.len(), 5);
    assert!(waiting.iter().all(|pending| pending.fresh.starts_with(&format!("case: {}\n", pending.case))));
}

/// Runs the tests of this room that tell states apart again, under every variable with which insta can be
/// told to pass.
#[test]
#[expect(clippy::disallowed_methods, reason = "the test binary itself, under other variables")]
fn no_insta_variable_turns_a_change_into_a_pass() {
    let tests = [
        "compare_mode_tells_the_three_states_apart_and_writes_nothing",
        "record_mode_leaves_unknown_and_changed_texts_for_review",
    ];
    for variables in [
        [("INSTA_UPDATE", "always"), ("INSTA_FORCE_PASS", "1")],
        [("INSTA_UPDATE", "force"), ("INSTA_FORCE_UPDATE", "1")],
        [("INSTA_UPDATE", "unseen"), ("INSTA_REQUIRE_FULL_MATCH", "1")],
        [("INSTA_UPDATE", "no"), ("CI", "1")],
        [("INSTA_UPDATE", "nonsense"), ("INSTA_PENDING_DIR", "/nowhere")],
    ] {
        let mut command = std::process::Command::new(env::current_exe().unwrap());
        command
            .arg("--exact")
            .args(tests.map(|test| format!("{}::{test}", module_path!().split_once("::").unwrap().1)));
        let output = command.envs(variables).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("2 passed"), "{variables:?}: {said}");
    }
}

#[test]
fn all_snapshots_are_shielded_from_cargo_insta_unreferenced() {
    let (project, path) = project_with_body();
    let other = Key { class: Some("aarch64-5e6f7a8b"), ..key("b") };
    record(project.path(), &other, BODY);
    accept_all(project.path());
    let list = project.path().join("references");
    fs::write(&list, "an/earlier.snap\n").unwrap();
    let keeper = Keeper::new(project.path(), Mode::Compare);
    keeper.shield(None);
    keeper.shield(Some(list.as_os_str()));
    keeper.shield(Some(list.as_os_str()));
    let other = other.path(project.path()).unwrap();
    let expected = format!("an/earlier.snap\n{}\n{}\n", other.display(), path.display());
    assert_eq!(fs::read_to_string(&list).unwrap(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_body_is_the_same_after_it_was_accepted(
        body in any_body(),
        other in any_body(),
        description in "(?s).{0,20}",
    ) {
        let project = project();
        let path = key("a").path(project.path()).unwrap();
        let keeper = Keeper::new(project.path(), Mode::Record);
        let info = json!({ description.clone(): [description.clone(), 1, 0.5, null, true, {}] });
        keeper.keep(&key("a"), &body, &description, &info).unwrap();

        // The way of `cargo insta accept`, which reads and saves through insta.
        let snapshot = insta::Snapshot::from_file(&key::pending_path(&path)).unwrap();
        prop_assert_eq!(snapshot.metadata().description().unwrap_or_default(), &description);
        snapshot.save(&path).unwrap();
        let by_insta = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();

        prop_assert_eq!(accept_all(project.path()).len(), 1);
        prop_assert_eq!(fs::read(&path).unwrap(), by_insta, "our accept and insta's write the same bytes");
        prop_assert_eq!(compare(project.path(), &key("a"), &body), State::Same);
        let state = compare(project.path(), &key("a"), &other);
        prop_assert_eq!(state == State::Same, body == other);
    }
}
