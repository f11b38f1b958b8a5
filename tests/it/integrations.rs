//! What other programs run: the hooks, the action and the examples, with the real binary on the path.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Project, Ran};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn yaml(path: &str) -> Value {
    let text = std::fs::read_to_string(root().join(path)).expect("a file");
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A project without a fault, and one with a merge that nobody finished.
fn projects() -> [(Project, i32, &'static str); 2] {
    let (good, bad) = (Project::empty(), Project::empty());
    good.write("settings.py", "steps = 20\n");
    bad.write("settings.py", "<<<<<<< HEAD\nsteps = 10\n=======\nsteps = 20\n>>>>>>> tune\n");
    [(good, 0, "submit: nothing found"), (bad, 2, "repository/merge-marks")]
}

/// Runs a script as the service does, with our binary first on the path.
fn run(shell: &[&str], script: &str, folder: &Path, variables: &[(&str, &str)]) -> Ran {
    let binary = Path::new(env!("CARGO_BIN_EXE_driftless")).parent().expect("a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let tools = folder.join("tools");
    let folders = [tools, binary.to_path_buf()].into_iter().chain(std::env::split_paths(&path));
    #[expect(clippy::disallowed_methods, reason = "the test does what a service does")]
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).arg(script).current_dir(folder).stdin(Stdio::null());
    command.env("PATH", std::env::join_paths(folders).expect("a path"));
    for variable in ["CARGO_TARGET_DIR", "NEXTEST_RUN_ID", "INSTA_UPDATE", "CI"] {
        command.env_remove(variable);
    }
    Ran::of(&command.envs(variables.iter().copied()).output().expect("a shell"))
}

const BASH: [&str; 6] = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"];

/// A `cargo` that only says what it was asked for.
fn with_cargo(project: &Project) {
    let cargo = project.write("tools/cargo", "#!/bin/sh\necho \"cargo $*\" >> asked.txt\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(cargo, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    }
}

fn asked(project: &Project) -> String {
    std::fs::read_to_string(project.path().join("asked.txt")).unwrap_or_default()
}

#[test]
fn hooks_have_what_pre_commit_asks_for_and_their_entries_work() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hooks = hooks.as_array().expect("a list");
    let ids: Vec<&str> = hooks.iter().filter_map(|hook| hook["id"].as_str()).collect();
    assert_eq!(ids, ["driftless-gate", "driftless-run"]);
    for hook in hooks {
        assert_eq!(hook["language"], "system");
        assert_eq!(hook["pass_filenames"], false);
        assert!(hook["name"].is_string() && hook["description"].is_string());
    }
    for (project, code, said) in projects() {
        let ran = run(&["sh", "-c"], hooks[0]["entry"].as_str().expect("an entry"), project.path(), &[]);
        assert!(ran.code == code && ran.stdout.contains(said), "{ran:?}");
    }
}

#[test]
fn the_hook_that_runs_audits_refuses_a_drifting_stage() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let entry = hooks[1]["entry"].as_str().expect("an entry");
    for (script, code) in [("echo 1 > \"$1\"\n", 0), ("head -c 8 /dev/urandom > \"$1\"\n", 2)] {
        let project = Project::shell(script, "");
        let ran = run(&["sh", "-c"], entry, project.path(), &[]);
        assert_eq!(ran.code, code, "{ran:?}");
    }
}

/// The scripts of the action's steps, and the variables that they are given for these inputs.
fn steps(inputs: &[(&str, &str)]) -> Vec<(String, Vec<(String, String)>)> {
    let action = yaml("ci/action.yml");
    assert_eq!(action["runs"]["using"], "composite");
    let value = |name: &str| {
        let given = inputs.iter().find(|(input, _)| *input == name).map(|(_, value)| (*value).to_owned());
        given.unwrap_or_else(|| action["inputs"][name]["default"].as_str().expect("a default").to_owned())
    };
    let steps = action["runs"]["steps"].as_array().expect("steps");
    let read = |step: &Value| {
        assert_eq!(step["shell"], "bash");
        let script = step["run"].as_str().expect("a script").to_owned();
        assert!(!script.contains("${{"), "an input in the text of a script could be a command");
        let variables = step["env"].as_object().expect("variables").iter().map(|(name, text)| {
            let text = text.as_str().expect("text");
            let input = text.strip_prefix("${{ inputs.").and_then(|rest| rest.strip_suffix(" }}"));
            (name.clone(), input.map_or_else(|| text.to_owned(), value))
        });
        (script, variables.collect())
    };
    steps.iter().map(read).collect()
}

fn act(project: &Project, inputs: &[(&str, &str)]) -> Vec<Ran> {
    let summary = project.path().join("summary.md");
    let summary = summary.to_str().expect("UTF-8");
    let ran = steps(inputs).into_iter().map(|(script, variables)| {
        let mut variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        variables.push(("GITHUB_STEP_SUMMARY", summary));
        run(&BASH, &script, project.path(), &variables)
    });
    ran.collect()
}

#[test]
fn the_action_ends_as_the_gate_does_and_writes_the_summary() {
    for (project, code, said) in projects() {
        with_cargo(&project);
        let ran = act(&project, &[]);
        let [install, gate] = &ran[..] else { panic!("{ran:?}") };
        assert_eq!((install.code, asked(&project)), (0, String::new()), "the program is on the path");
        assert!(gate.code == code && gate.stdout.contains(said), "{gate:?}");
        let summary = std::fs::read_to_string(project.path().join("summary.md")).expect("a summary");
        assert!(summary.starts_with("### driftless gate\n```text\n") && summary.contains(said), "{summary}");
        assert!(summary.ends_with("```\n"), "{summary}");
    }
}

#[test]
fn the_action_hands_its_inputs_on() {
    let [(good, ..), (bad, ..)] = projects();
    with_cargo(&good);
    let ran = act(&good, &[("version", "0.1.0"), ("args", "--format json --strict"), ("path", ".")]);
    assert_eq!(asked(&good), "cargo install --locked driftless --version 0.1.0\n");
    let report: Value = serde_json::from_str(&ran[1].stdout).expect("JSON");
    assert_eq!(report["submit"], true);
    let path = "no such; touch planted";
    let ran = act(&bad, &[("path", path)]);
    assert_eq!(ran[1].code, 1, "{ran:?}");
    assert!(!bad.path().join("planted").exists(), "an input is no command");
}

#[test]
fn the_job_for_gitlab_ends_as_the_gate_does_and_keeps_the_answer() {
    let job = &yaml("ci/workflows/gate-gitlab.yml")["driftless-gate"];
    let lines: Vec<&str> =
        job["script"].as_array().expect("lines").iter().filter_map(Value::as_str).collect();
    let path = job["variables"]["DRIFTLESS_PATH"].as_str().expect("a path");
    for (project, code, said) in projects() {
        let ran = run(&BASH, &lines.join("\n"), project.path(), &[("DRIFTLESS_PATH", path)]);
        assert!(ran.code == code && ran.stdout.contains(said), "{ran:?}");
        let kept = job["artifacts"]["paths"][0].as_str().expect("a path");
        assert_eq!(std::fs::read_to_string(project.path().join(kept)).expect("the answer"), ran.stdout);
    }
}

#[test]
fn the_shell_example_works_in_a_plain_shell() {
    let script = root().join("ci/workflows/gate.sh");
    let script = script.to_str().expect("UTF-8");
    for (project, code, said) in projects() {
        let ran = run(&["sh"], script, project.path(), &[("GATE_REPORT", "answer.txt")]);
        assert!(ran.code == code && ran.stdout.contains(said), "{ran:?}");
        assert!(project.path().join("answer.txt").is_file());
    }
    #[expect(clippy::disallowed_methods, reason = "the test does what a service does")]
    let alone = Command::new("/bin/sh").arg(script).env("PATH", "").output().expect("a shell");
    let alone = Ran::of(&alone);
    assert!(alone.code == 1 && alone.stderr.contains("hint: cargo install"), "{alone:?}");
}
