//! Stages that run twice, beside a copy of themselves, on no data, and on from where they were stopped or killed.

use serde_json::Value;

use crate::support::{Project, alive, mark, verdict, wait_until};

/// A project of shell stages: the script of each, and what the case file says of it besides its command.
fn project(stages: &[(&str, &str, &str)], more: &str) -> Project {
    let project = Project::empty();
    let mut case = String::from("[pipeline]\nsummary = \"test\"\ndir = \"p\"\n");
    for (name, script, declared) in stages {
        project.write(&format!("p/{name}.sh"), script);
        case.extend(["[stage.", name, "]\n", declared, "\n"]);
    }
    case.push_str(more);
    project.write("driftless.toml", case);
    project
}

fn audited(project: &Project, audit: &str) -> Value {
    let (_, report) = project.report(&["--audit", audit]);
    verdict(&report, audit).clone()
}

/// The words of all findings, in order.
fn words(verdict: &Value) -> Vec<&str> {
    let findings = verdict["findings"].as_array().expect("findings");
    findings.iter().map(|finding| finding["factors"][0].as_str().unwrap_or_default()).collect()
}

const MAKE: &str = "command = [\"sh\", \"make.sh\", \"{out.made}\"]\nout.made = \"made.txt\"";

fn idempotence(script: &str, more: &str) -> Value {
    audited(&project(&[("make", script, MAKE)], &format!("[audit.idempotence]\n{more}")), "idempotence")
}

#[test]
fn a_stage_that_writes_its_outputs_anew_holds() {
    let verdict = idempotence("echo one > \"$1\"\n", "");
    assert_eq!(verdict["status"], "held", "{verdict:#}");
    assert_eq!(
        verdict["headline"],
        "a second run over its own outputs changes nothing; two copies at the same time leave the same bits; \
         nothing undeclared is written"
    );
}

#[test]
fn a_stage_that_appends_to_its_outputs_is_caught_by_its_second_run() {
    let verdict = idempotence("echo one >> \"$1\"\n", "");
    assert_eq!(verdict["status"], "drifted", "{verdict:#}");
    assert_eq!(words(&verdict), ["again"]);
    assert_eq!(verdict["findings"][0]["artifact"], "made");
    assert_eq!(verdict["findings"][0]["difference"]["right"], "\"one\"");
}

#[test]
fn a_stage_that_fails_over_its_own_outputs_is_caught_with_its_log() {
    let script = "mkdir \"$(dirname \"$1\")/folder\" || exit 3\necho one > \"$1\"\n";
    let verdict = idempotence(script, "");
    assert_eq!(verdict["headline"], "stage `make` fails when it runs again over its own outputs");
    assert_eq!(verdict["findings"][0]["failure"]["end"], "exit status 3");
    assert!(verdict["findings"][0]["failure"]["log"].as_str().is_some_and(|log| log.contains("File exists")));
}

#[test]
fn a_temporary_file_with_a_fixed_name_is_caught_when_two_copies_share_it() {
    // Both write, both wait, then both add: the file that is moved away first is missed by the other.
    let script = "echo one > \"$TMPDIR/fixed\"\nsleep 0.5\necho two >> \"$TMPDIR/fixed\"\nmv \"$TMPDIR/fixed\" \"$1\"\n";
    let verdict = idempotence(script, "");
    assert_eq!(verdict["status"], "drifted", "{verdict:#}");
    assert_eq!(words(&verdict), ["twins"]);
    let own = "file=$(mktemp)\necho one > \"$file\"\nsleep 0.2\necho two >> \"$file\"\nmv \"$file\" \"$1\"\n";
    assert_eq!(idempotence(own, "")["status"], "held");
}

#[test]
fn a_lock_that_turns_the_second_copy_away_is_caught_and_quoted() {
    let script = "mkdir \"$HOME/lock\" 2>/dev/null || { echo locked >&2; exit 4; }\nsleep 1\necho one > \"$1\"\nrmdir \"$HOME/lock\"\n";
    let verdict = idempotence(script, "");
    assert_eq!(verdict["headline"], "stage `make` fails when two copies run at the same time", "{verdict:#}");
    assert_eq!(verdict["findings"][0]["failure"]["log"], "locked");
    assert_eq!(idempotence(script, "twins = false\n")["status"], "held");
}

#[test]
fn no_copy_outlives_its_twins() {
    let mark = mark(31);
    let script = format!("setsid sleep {mark} &\necho one > \"$1\"\n");
    assert_eq!(idempotence(&script, "")["status"], "held");
    wait_until("the end of the twins", || alive(&mark).is_empty());
}

#[test]
fn files_that_nobody_declared_are_named_and_caches_are_not() {
    let verdict = idempotence("echo one > \"$1\"\necho two > notes.txt\n", "");
    assert_eq!(words(&verdict), ["undeclared"], "{verdict:#}");
    assert_eq!(verdict["findings"][0]["difference"]["place"]["file"]["path"], "notes.txt");
    let script =
        "echo one > \"$1\"\nmkdir -p __pycache__ .cache\necho x > __pycache__/m.pyc\necho y > .cache/z\n";
    assert_eq!(idempotence(script, "")["status"], "held");
    assert_eq!(idempotence("echo one > \"$1\"\necho 2 > a\n", "undeclared = false\n")["status"], "held");
}

#[test]
fn a_silent_stage_that_prints_is_quoted_even_without_the_table() {
    let silent = format!("{MAKE}\nstdout = \"silent\"");
    let script = "echo 'epoch 1'\necho one > \"$1\"\n";
    let said = audited(&project(&[("make", script, &silent)], ""), "idempotence");
    assert_eq!(words(&said), ["stdout"], "{said:#}");
    assert_eq!(said["findings"][0]["difference"]["right"], "\"epoch 1\"");
    let quiet = "echo 'epoch 1' >&2\necho one > \"$1\"\n";
    assert_eq!(audited(&project(&[("make", quiet, &silent)], ""), "idempotence")["status"], "held");
    assert_eq!(audited(&project(&[("make", script, MAKE)], ""), "idempotence")["status"], "skipped");
}

const PREDICT: &str = "command = [\"sh\", \"predict.sh\", \"{data.test}\", \"{out.preds}\"]\nout.preds = { path = \"p.csv\", id = \"id\", role = \"predictions\" }";
const TEST: &str =
    "[data.test]\npath = \"test.csv\"\nid = \"id\"\nheld-out = true\n[audit.idempotence]\nempty = \"test\"\n";

fn on_no_rows(script: &str) -> Value {
    let project = project(&[("predict", script, PREDICT)], TEST);
    project.write("test.csv", "id,x\n1,5\n2,6\n");
    audited(&project, "idempotence")
}

#[test]
fn data_without_rows_must_give_a_header_alone() {
    let good =
        "echo id,y > \"$2\"\ntail -n +2 \"$1\" | while read line; do echo \"${line%,*},0\" >> \"$2\"; done\n";
    let verdict = on_no_rows(good);
    assert_eq!(verdict["status"], "held", "{verdict:#}");
    assert!(verdict["headline"].as_str().is_some_and(|line| line.contains("a header alone")), "{verdict:#}");

    let crashes = format!("[ $(wc -l < \"$1\") -gt 1 ] || {{ echo 'no rows' >&2; exit 9; }}\n{good}");
    let verdict = on_no_rows(&crashes);
    assert_eq!(verdict["headline"], "stage `predict` fails on data without rows", "{verdict:#}");
    assert_eq!(verdict["findings"][0]["failure"]["log"], "no rows");

    let invents = format!("{good}[ $(wc -l < \"$1\") -gt 1 ] || echo 0,0 >> \"$2\"\n");
    let verdict = on_no_rows(&invents);
    assert_eq!(words(&verdict), ["empty"]);
    assert_eq!(verdict["findings"][0]["difference"]["place"]["row"]["row"], 1, "{verdict:#}");

    let nothing = format!("{good}[ $(wc -l < \"$1\") -gt 1 ] || : > \"$2\"\n");
    assert_eq!(words(&on_no_rows(&nothing)), ["empty"]);
}

/// A training in plain Python: one step per row and epoch, rows in an order that its generator draws. `{save}` writes the
/// checkpoint, `{restore}` takes up its state.
fn trainer(save: &str, restore: &str) -> String {
    format!(
        "import json, os, random, sys, time
out, ckpt, log, epochs, resume = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5]
rng = random.Random(7)
state = dict(weight=0.5, momentum=0.0, epoch=0, rng=None)
if resume == 'yes' and os.path.exists(ckpt):
    state = json.load(open(ckpt))
{restore}
rows = [((i * 37) % 11) / 11 for i in range(12)]
lines = []
while state['epoch'] < epochs:
    order = list(range(len(rows)))
    rng.shuffle(order)
    for row in order:
        lines.append(f\"{{state['epoch']}},{{row}}\")
        state['momentum'] = 0.9 * state['momentum'] + (rows[row] - state['weight'])
        state['weight'] += 0.1 * state['momentum']
    state['epoch'] += 1
    version, internal, gauss = rng.getstate()
    state['rng'] = [version, list(internal), gauss]
    time.sleep(0.05)
{save}
open(log, 'w').write('epoch,row\\n' + '\\n'.join(lines) + '\\n')
json.dump(state['weight'], open(out, 'w'))
"
    )
}

const ATOMIC: &str = "    json.dump(state, open(ckpt + '.tmp', 'w'))\n    os.replace(ckpt + '.tmp', ckpt)";
/// Half of it, a pause, the other half: as a large file on a slow disk.
const TORN: &str = "    text = json.dumps(state)
    with open(ckpt, 'w') as file:
        file.write(text[:len(text) // 2]); file.flush(); time.sleep(0.1); file.write(text[len(text) // 2:])";
const RESTORED: &str =
    "if state['rng']:\n    rng.setstate((state['rng'][0], tuple(state['rng'][1]), state['rng'][2]))";
const FORGOTTEN: &str = "";

const TRAIN: &str = "command = [\"python3\", \"train.sh\", \"{out.model}\", \"{out.checkpoint}\", \"{out.order}\", \"{epochs}\", \"{resume}\"]
out.model = { path = \"model.json\", role = \"model\" }
out.checkpoint = { path = \"checkpoint.json\", role = \"checkpoint\" }
out.order = { path = \"order.csv\", role = \"log\" }";
const RESUME: &str = "[knobs]\nepochs = 6\nresume = \"no\"\n[audit.resume]\nstage = \"train\"\nstop = { epochs = 2 }\nresume = { resume = \"yes\" }\ncheckpoint = \"checkpoint\"\n";

fn resumed(save: &str, restore: &str, more: &str) -> Value {
    audited(&project(&[("train", &trainer(save, restore), TRAIN)], &format!("{RESUME}{more}")), "resume")
}

#[test]
fn a_training_that_saves_all_its_state_and_renames_it_into_place_holds() {
    let verdict = resumed(ATOMIC, RESTORED, "");
    assert_eq!(verdict["status"], "held", "{verdict:#}");
    let headline = verdict["headline"].as_str().unwrap_or_default();
    assert!(headline.contains("and so do 3 that were killed"), "{verdict:#}");
}

#[test]
fn a_training_that_forgets_its_generator_is_caught_with_the_first_row_of_another_order() {
    let verdict = resumed(ATOMIC, FORGOTTEN, "");
    assert_eq!(verdict["status"], "drifted", "{verdict:#}");
    let mut words = words(&verdict);
    words.dedup();
    assert_eq!(words, ["resume", "order"], "{verdict:#}");
    let order = verdict["findings"].as_array().and_then(|all| all.last()).expect("a finding");
    // Two epochs of twelve rows were seen before the stop.
    assert!(order["difference"]["place"]["row"]["row"].as_u64() >= Some(25), "{order:#}");
}

#[test]
fn a_checkpoint_that_is_torn_by_a_kill_is_a_finding_with_its_log() {
    let verdict = resumed(TORN, RESTORED, "");
    assert_eq!(verdict["status"], "drifted", "{verdict:#}");
    assert_eq!(words(&verdict), ["kill"], "{verdict:#}");
    let failure = &verdict["findings"][0]["failure"];
    assert!(failure["log"].as_str().is_some_and(|log| log.contains("JSONDecodeError")), "{failure:#}");
    assert!(failure["end"].as_str().is_some_and(|end| end.contains("SIGKILL when it first writes")));
    assert_eq!(resumed(TORN, RESTORED, "kills = 0\n")["status"], "held");
}

#[test]
fn a_run_that_the_stop_knobs_do_not_stop_proves_nothing() {
    let script = trainer(ATOMIC, RESTORED).replace("int(sys.argv[4])", "6");
    let verdict = audited(&project(&[("train", &script, TRAIN)], RESUME), "resume");
    assert_eq!(verdict["status"], "inconclusive", "{verdict:#}");
    assert_eq!(verdict["cause"], "nothing-varied");
}

#[test]
fn a_kill_that_comes_too_late_decides_nothing() {
    // The checkpoint appears once and never changes again, so the second kill finds no moment.
    let once = "    if state['epoch'] == epochs or epochs == 2: json.dump(state, open(ckpt + '.tmp', 'w')); os.replace(ckpt + '.tmp', ckpt)";
    let script = trainer(once, RESTORED).replace("state['epoch'] == epochs", "state['epoch'] in (2, epochs)");
    let verdict = audited(&project(&[("train", &script, TRAIN)], &format!("{RESUME}kills = 2\n")), "resume");
    assert_eq!(verdict["status"], "held", "{verdict:#}");
    let notes = verdict["notes"].to_string();
    assert!(notes.contains("not killed (SIGKILL when it writes its checkpoint again)"), "{verdict:#}");
}

#[test]
fn what_a_killed_run_started_is_killed_with_it() {
    let mark = mark(32);
    let child = format!(
        "import subprocess\nif resume == 'no': subprocess.Popen(['setsid', 'sleep', '{mark}'])\n{RESTORED}"
    );
    let verdict = resumed(ATOMIC, &child, "");
    assert_eq!(verdict["status"], "held", "{verdict:#}");
    wait_until("the end of the tree", || alive(&mark).is_empty());
}

/// What a torch program that ends with `save` leaves is looked at.
fn payload(save: &str, file: &str, more: &str) -> Value {
    let script = format!(
        "import random, sys, numpy, torch
torch.manual_seed(1)
model = torch.nn.Linear(3, 2)
optimizer = torch.optim.Adam(model.parameters())
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
model(torch.ones(1, 3)).sum().backward(); optimizer.step(); scheduler.step()
all = dict(model=model.state_dict(), optimizer=optimizer.state_dict(), scheduler=scheduler.state_dict(), epoch=3,
           rng=dict(torch=torch.get_rng_state(), numpy=numpy.random.get_state(), python=random.getstate()))
path = sys.argv[1]
{save}
"
    );
    let declared = format!(
        "command = [\"/usr/bin/python3\", \"train.sh\", \"{{out.checkpoint}}\"]\nout.checkpoint = {{ path = \"{file}\", role = \"checkpoint\" }}"
    );
    audited(&project(&[("train", &script, &declared)], more), "payload")
}

#[test]
fn a_checkpoint_with_all_its_entries_holds_and_what_is_only_useful_is_told() {
    let verdict = payload("torch.save(all, path)", "last.pt", "");
    assert_eq!(verdict["status"], "held", "{verdict:#}");
    assert_eq!(verdict["notes"][0], "`checkpoint` holds no best, no metadata");
    let needs = "[audit.payload]\nneeds = [\"model\", \"best\"]\n";
    let verdict = payload("torch.save(all, path)", "last.pt", needs);
    assert_eq!(verdict["headline"], "`checkpoint` lacks best", "{verdict:#}");
    let verdict = payload("del all['scheduler']; torch.save(all, path)", "last.pt", "");
    assert_eq!(verdict["headline"], "`checkpoint` lacks scheduler", "{verdict:#}");
}

#[test]
fn a_checkpoint_of_weights_alone_is_caught_with_what_it_lacks() {
    let verdict = payload("torch.save(model.state_dict(), path)", "last.pt", "");
    assert_eq!(verdict["status"], "drifted", "{verdict:#}");
    assert_eq!(words(&verdict), ["entries"]);
    assert_eq!(
        verdict["headline"],
        "`checkpoint` holds weights alone: it lacks optimizer, epoch or step, generators"
    );
    let verdict = payload("del all['optimizer']; torch.save(all, path)", "last.pt", "");
    assert_eq!(verdict["headline"], "`checkpoint` lacks optimizer", "{verdict:#}");
}

#[test]
fn a_checkpoint_that_cannot_be_listed_without_executing_it_is_inconclusive() {
    let legacy = "torch.save(all, path, _use_new_zipfile_serialization=False)";
    let verdict = payload(legacy, "last.pt", "");
    assert_eq!(verdict["status"], "inconclusive", "{verdict:#}");
    assert!(verdict["notes"][0].as_str().is_some_and(|note| note.contains("safetensors")), "{verdict:#}");
}

fn order_of(rows: &str, columns: &str) -> Value {
    let script = format!("cat > \"$1\" <<'END'\n{rows}END\n");
    let more = format!("[audit.too-deterministic]\noutput = \"made\"\nindex = \"row\"\n{columns}");
    let made = "command = [\"sh\", \"make.sh\", \"{out.made}\"]\nout.made = { path = \"order.csv\", role = \"log\" }";
    audited(&project(&[("make", &script, made)], &more), "too-deterministic")
}

#[test]
fn epochs_in_one_order_are_blind_and_shuffled_ones_hold() {
    let rows = |orders: [[u8; 6]; 2]| {
        let lines = orders.iter().enumerate();
        let lines = lines.flat_map(|(epoch, order)| order.iter().map(move |row| format!("{epoch},{row}\n")));
        "epoch,row\n".to_owned() + &lines.collect::<String>()
    };
    let epoch = "epoch = \"epoch\"\n";
    let verdict = order_of(&rows([[3, 1, 6, 2, 5, 4]; 2]), epoch);
    assert_eq!(verdict["status"], "blind", "{verdict:#}");
    assert_eq!(words(&verdict), ["epochs"]);
    assert_eq!(verdict["findings"][0]["difference"]["place"]["row"]["row"], 7);
    let verdict = order_of(&rows([[3, 1, 6, 2, 5, 4], [1, 4, 2, 3, 6, 5]]), epoch);
    assert_eq!(verdict["headline"], "no two epochs repeat each other", "{verdict:#}");
}

#[test]
fn workers_of_one_stream_are_blind_and_one_worker_is_nothing_to_compare() {
    let rows = |second: u8| {
        let lines = (0..2).flat_map(|worker| {
            (0..6).map(move |draw| format!("{worker},0.{}\n", (draw * 7 + worker * second) % 10))
        });
        "worker,row\n".to_owned() + &lines.collect::<String>()
    };
    let verdict = order_of(&rows(0), "worker = \"worker\"\n");
    assert_eq!(words(&verdict), ["workers"], "{verdict:#}");
    let verdict = order_of("worker,row\n0,1\n0,2\n0,3\n0,4\n0,5\n", "worker = \"worker\"\n");
    assert_eq!(verdict["status"], "inconclusive", "{verdict:#}");
    let verdict = order_of(&rows(0), "worker = \"wroker\"\n");
    assert!(
        verdict["headline"].as_str().is_some_and(|line| line.contains("no column `wroker`")),
        "{verdict:#}"
    );
}
