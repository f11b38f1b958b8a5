//! `repository/absolute-home-path`.

use std::collections::BTreeSet;
use std::path::Path;

use crate::project::{code, texts};
use crate::rule::{Problem, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "repository/absolute-home-path",
    severity: Severity::Warning,
    summary: "a path in somebody's home directory, written into code or configuration",
    why: "On any other machine, and under any other account, the path does not exist: the program stops, or silently \
          uses another file. It is a warning and no error because the value may be a default that each user overrides.",
    bad: "train = pd.read_csv(\"/home/alice/titanic/train.csv\")",
    good: "train = pd.read_csv(Path(__file__).parent / \"train.csv\")",
    mend: "Make the path relative to the project, or take it from an argument or a variable.",
};

/// Where home directories lie, as the text has it; in strings of most languages a backslash is doubled.
const BASES: [&str; 5] = [":\\\\Users\\\\", ":\\Users\\", ":/Users/", "/home/", "/Users/"];

/// Names that stand for any user, and accounts that images and services create alike everywhere.
const NOBODY: [&str; 63] = [
    "user",
    "username",
    "user_name",
    "user-name",
    "you",
    "your_name",
    "yourname",
    "your-name",
    "your_username",
    "your-username",
    "yourusername",
    "name",
    "me",
    "myuser",
    "foo",
    "bar",
    "example",
    "someone",
    "somebody",
    "xxx",
    "xx",
    "path",
    "my",
    "myname",
    "usr",
    "users",
    "jovyan",
    "runner",
    "ubuntu",
    "vscode",
    "appuser",
    "app",
    "circleci",
    "ec2-user",
    "sagemaker-user",
    "jenkins",
    "docker",
    "node",
    "coder",
    "gitpod",
    "mambauser",
    "condauser",
    "nonroot",
    "linuxbrew",
    "conda",
    "shared",
    "public",
    "default",
    "runneradmin",
    "build",
    "root",
    "azureuser",
    "studio-lab-user",
    "vagrant",
    "airflow",
    "hadoop",
    "spark",
    "worker",
    "container",
    "dev",
    "developer",
    "admin",
    "git",
];

/// The problems of a file, one for each line with such a path.
pub(super) fn look(path: &Path, text: &str, image_users: &BTreeSet<String>) -> Vec<Problem> {
    let ignored = path.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.'));
    if ignored
        || texts::of_tests(path)
        || texts::of_documentation(path)
        || is_lock(path)
        || !BASES.iter().any(|base| text.contains(base))
    {
        return Vec::new();
    }
    let lines = code::lines(path, text).unwrap_or_default();
    let found = lines.iter().filter(|(_, line)| !is_remark(line)).filter_map(|(number, line)| {
        let value = home_path(line).filter(|value| !image_users.contains(&user(value)))?;
        let message = format!("`{}` is the home directory of one person on one machine", user(value));
        Some(Problem::new(&RULE, texts::shown(path), message).line(*number).value(value))
    });
    found.collect()
}

fn is_lock(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    name.contains("lock")
}

/// Lines about web addresses, and what tools note down without ever reading it again.
fn is_remark(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let web = ["route", "url", "href", "://", "endpoint", "@app.", "@router.", "redirect", "client.get(\"/"];
    let noted = ["prefix:", "\"_name_or_path\""];
    web.iter().any(|word| lower.contains(word)) && !lower.contains("file://")
        || noted.iter().any(|word| lower.trim_start().starts_with(word))
}

/// The first path of a line that lies in a person's home.
fn home_path(line: &str) -> Option<&str> {
    for base in BASES {
        for (at, _) in line.match_indices(base) {
            let drive = usize::from(base.starts_with(':'));
            let Some(start) = at.checked_sub(drive).filter(|at| line.is_char_boundary(*at)) else { continue };
            let before = line[..start].chars().next_back();
            let begins = before.is_none_or(|letter| " \t\"'=:([,{!>`;".contains(letter))
                || line[..start].ends_with("file://");
            let is_drive = drive == 0 || line.as_bytes()[start].is_ascii_alphabetic();
            let rest = &line[at + base.len()..];
            let name: String = rest.chars().take_while(|letter| is_name(*letter)).collect();
            let separator = if base.contains("\\\\") { "\\\\" } else { &base[base.len() - 1..] };
            let below = rest.get(name.len()..).and_then(|rest| rest.strip_prefix(separator));
            let goes_on = below.is_some_and(|below| below.starts_with(|letter: char| is_name(letter)));
            if begins && is_drive && goes_on && !stands_for_any(&name) {
                let length = line[start..].find(ends_path).unwrap_or(line.len() - start);
                return Some(&line[start..start + length]);
            }
        }
    }
    None
}

/// The name between the base and the next separator.
fn user(path: &str) -> String {
    let mut parts = path.split(['/', '\\']).filter(|part| !part.is_empty());
    parts.find(|part| ["home", "Users"].contains(part));
    parts.next().unwrap_or_default().to_owned()
}

fn stands_for_any(name: &str) -> bool {
    let lower = name.to_lowercase();
    name.is_empty() || name == "USER" || NOBODY.contains(&lower.as_str()) || lower.contains("your")
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.')
}

fn ends_path(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '"' | '\'' | ',' | ')' | ']' | '}' | '`' | ';' | '>')
}

/// Users that the project's container files create or whose home they use: these paths are the same in every container.
pub(super) fn users_of_image(text: &str) -> BTreeSet<String> {
    let mut users = BTreeSet::new();
    for (at, base) in text.match_indices("/home/") {
        users.insert(text[at + base.len()..].chars().take_while(|letter| is_name(*letter)).collect());
    }
    for line in text.lines().filter(|line| line.contains("useradd") || line.contains("adduser")) {
        users.extend(line.split_whitespace().map(str::to_owned));
    }
    users
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, text: &str) -> Option<(u64, String)> {
        let problem = look(Path::new(name), text, &BTreeSet::new()).into_iter().next()?;
        Some((problem.line?, problem.value?))
    }

    #[test]
    fn homes_of_people_are_found_on_every_system() {
        for (name, line, path) in [
            ("a.py", "x = '/home/alice/train.csv'", "/home/alice/train.csv"),
            ("a.py", "x = \"/Users/bob/data/x.csv\"", "/Users/bob/data/x.csv"),
            ("a.py", r"x = 'C:\\Users\\bob\\x.csv'", r"C:\\Users\\bob\\x.csv"),
            ("a.py", r"x = r'C:\Users\bob\x.csv'", r"C:\Users\bob\x.csv"),
            ("a.R", "setwd(\"C:/Users/bob/x\")", "C:/Users/bob/x"),
            ("run.sh", "cd /home/alice/project/src", "/home/alice/project/src"),
            ("run.sh", "#!/home/alice/conda/bin/python", "/home/alice/conda/bin/python"),
            ("conf.yaml", "data: /home/alice/data/x", "/home/alice/data/x"),
            ("conf.toml", "data = \"/home/alice/data/x\"", "/home/alice/data/x"),
            ("conf.json", "{\"data\": \"/home/alice/data/x\"}", "/home/alice/data/x"),
        ] {
            assert_eq!(found(name, line), Some((1, path.to_owned())), "{line}");
        }
    }

    #[test]
    fn every_line_is_a_problem_of_its_own() {
        let problems = look(Path::new("a.py"), "\nx='/home/al/a'\ny='/home/al/b'\n", &BTreeSet::new());
        assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [Some(2), Some(3)]);
    }

    #[test]
    fn prose_placeholders_accounts_of_images_and_web_addresses_are_silent() {
        for (name, line) in [
            ("a.py", "# see /home/alice/notes.txt"),
            ("a.py", "\"\"\"Reads /home/alice/x.csv.\"\"\""),
            ("a.py", "x = '/home/user/data/x.csv'"),
            ("a.py", "x = '/home/jovyan/work/x.csv'"),
            ("a.py", "x = '/home/<user>/x.csv'"),
            ("a.py", "x = f'/home/{name}/x.csv'"),
            ("a.py", "x = '/home/$USER/x.csv'"),
            ("a.py", "x = '/kaggle/input/titanic/train.csv'"),
            ("a.py", "@app.route('/home/stats/all')"),
            ("a.py", "x = 'https://site.example/home/alice/x'"),
            ("a.py", "x = 'data/home/alice/x'"),
            ("a.py", "x = '/home/dashboard'"),
            ("a.md", "/home/alice/x"),
            ("uv.lock", "x = '/home/alice/x'"),
            ("tests/test_paths.py", "x = '/home/alice/x'"),
            (".vscode/settings.json", "{\"x\": \"/home/alice/x\"}"),
            ("environment.yml", "prefix: /home/alice/miniconda3/envs/x"),
            ("config.json", "{\n  \"_name_or_path\": \"/home/alice/model/x\"\n}"),
            (".github/workflows/ci.yml", "run: ls /home/alice/x"),
        ] {
            assert_eq!(found(name, line), None, "{line}");
        }
    }

    #[test]
    fn a_user_whom_the_image_creates_has_the_same_home_everywhere() {
        let users = users_of_image("FROM x\nRUN useradd -m trainer\nWORKDIR /home/worker/app\n");
        for user in ["trainer", "worker"] {
            assert!(look(Path::new("a.py"), &format!("x = '/home/{user}/d/x'"), &users).is_empty(), "{user}");
        }
    }
}
