//! What a run finds in its place: the pipeline as it works by hand, whatever else lies in the user's folder.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::support::{Project, Ran, verdict};

/// Expects that every audit holds.
fn holds(project: &Project) -> Ran {
    let (ran, _) = project.report(&[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran
}

fn two_stages(make: &str, makes: &str, take: &str) -> Project {
    let project = Project::empty();
    project.write("make.sh", make);
    project.write("take.sh", take);
    project.write(
        "driftless.toml",
        format!(
            "[stage.make]\ncommand = {makes}\nout.made = \"made/it\"\n[stage.take]\ncommand = [\"sh\", \"take.sh\"]\nneeds = [\"made\"]\nout.taken = \"taken.txt\"\n"
        ),
    );
    project
}

#[test]
fn an_output_that_a_later_stage_needs_lies_at_its_path_however_it_was_written() {
    let take = "cp made/it taken.txt\n";
    holds(&two_stages("mkdir -p made; echo x > made/it\n", "[\"sh\", \"make.sh\"]", take));
    holds(&two_stages("echo x > \"$1\"\n", "[\"sh\", \"make.sh\", \"{out.made}\"]", take));
}

#[test]
fn a_program_that_one_stage_builds_can_be_run_by_the_next() {
    let build = "mkdir -p made; printf '#!/bin/sh\\necho built\\n' > made/it; chmod +x made/it\n";
    holds(&two_stages(build, "[\"sh\", \"make.sh\"]", "./made/it > taken.txt\n"));
}

#[test]
fn an_output_left_by_a_run_by_hand_does_not_pass_for_the_runs_own() {
    let project = two_stages("true\n", "[\"sh\", \"make.sh\"]", "cp made/it taken.txt\n");
    project.write("made/it", "stale\n");
    let (ran, report) = project.report(&[]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let headline = verdict(&report, "repeat")["headline"].as_str().unwrap_or_default();
    assert!(headline.contains("made"), "{headline}");
}

#[test]
fn a_folder_that_version_control_keeps_is_there_for_the_outputs() {
    let project = Project::empty();
    project.write("results/.gitkeep", "");
    project.write("results/stale.txt", "stale\n");
    project.write(
        "driftless.toml",
        "[stage.make]\ncommand = [\"sh\", \"-c\", \"test ! -e results/stale.txt && echo x > results/x.txt\"]\nout.results = \"results\"\n",
    );
    holds(&project);
}

#[test]
fn a_log_or_cache_left_by_a_run_by_hand_can_be_written_to() {
    let project = Project::shell(
        "test -w log.txt && echo more >> log.txt && echo more >> big.log && echo x > \"$1\"\n",
        "",
    );
    project.write("p/log.txt", "before\n");
    project.write("p/big.log", vec![b'x'; 3 << 20]);
    holds(&project);
    assert_eq!(std::fs::read(project.path().join("p/log.txt")).expect("a log"), b"before\n");
}

#[test]
fn links_that_lead_nowhere_or_in_a_circle_are_no_fault() {
    let project = Project::shell("test -e beside && echo x > \"$1\"\n", "");
    project.write("elsewhere", "x\n");
    let folder = project.path().join("p");
    for (to, name) in
        [("/no/such/file", "gone"), (".", "circle"), ("itself", "itself"), ("../elsewhere", "beside")]
    {
        symlink(to, folder.join(name)).expect("a link");
    }
    holds(&project);
}

#[test]
fn an_environment_in_the_folder_is_used_where_it_lies() {
    let project = Project::shell("test -L .venv && .venv/bin/tool > \"$1\"\n", "");
    project.write("p/.venv/pyvenv.cfg", "home = /usr/bin\n");
    let tool = project.write("p/.venv/bin/tool", "#!/bin/sh\necho x\n");
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    holds(&project);
    assert!(tool.exists());
}

#[test]
fn folders_marked_as_caches_are_left_out() {
    let project = Project::empty();
    project.write("target/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");
    project.write("target/big.bin", "x");
    project.write("data/CACHEDIR.TAG", "not a cache\n");
    project.write("driftless.toml", "[pipeline]\ndir = \".\"\n[stage.a]\ncommand = [\"sh\", \"-c\", \"ls -d * data/* | sort > $0\", \"{out.x}\"]\nout.x = \"x.txt\"\n");
    let (ran, _) = project.report(&["--audit", "repeat"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(project.only_object(), "data\ndata/CACHEDIR.TAG\ndriftless.toml\n");
}

#[test]
fn a_project_whose_path_is_too_long_for_sockets_can_use_them() {
    let project = Project::empty();
    let deep = "a-folder-with-a-rather-long-name/".repeat(5);
    project.write(
        &format!("{deep}p/run.py"),
        "import os, socket, sys, tempfile\nfolder = tempfile.mkdtemp(prefix='pymp-')\nsocket.socket(socket.AF_UNIX).bind(os.path.join(folder, 'listener-abcdefgh'))\nopen(sys.argv[1], 'w').write('x')\n",
    );
    project.write(
        &format!("{deep}driftless.toml"),
        "[pipeline]\ndir = \"p\"\n[stage.a]\ncommand = [\"python3\", \"run.py\", \"{out.x}\"]\nout.x = \"x.txt\"\n",
    );
    let ran = project.run(&["run", &deep, "--audit", "nuisance"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}
