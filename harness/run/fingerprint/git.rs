//! The repository around a project: the commit, and what differs from it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::facts::Source;
use super::read_short;
use crate::run::process;

/// Changed files that are listed.
const LISTED_MAX: usize = 20;
/// A repository that takes longer is told by its commit alone.
const LIMIT: Duration = Duration::from_secs(2);

/// What the repository around `project` says; `None` where there is none.
pub(super) fn look(project: &Path, not_known: &mut BTreeMap<String, String>) -> Option<Source> {
    let mut unknown = |what: &str, why: String| drop(not_known.insert(what.to_owned(), why));
    let Some(repository) = project.ancestors().find(|folder| folder.join(".git").exists()) else {
        unknown("source", "no git repository".to_owned());
        return None;
    };
    let folder = project.display().to_string();
    // No hook and no lock: a look must change nothing. Only the project counts, not the rest of a large repository.
    let words = [
        "--no-optional-locks",
        "-c",
        "core.fsmonitor=false",
        "-C",
        &folder,
        "status",
        "--porcelain=v2",
        "--branch",
        "-z",
        "--untracked-files=normal",
        "--",
        ".",
    ];
    let answer = match process::on_path("git") {
        Some(git) => process::ask_within(&git, &words, LIMIT).map_err(|why| format!("git {why}")),
        None => Err("git is not installed".to_owned()),
    };
    match answer {
        Ok(text) => Some(parse(&text)),
        Err(why) => {
            unknown("source.dirty", why);
            let found = by_hand(repository);
            if found.is_none() {
                unknown("source.commit", "`.git` cannot be read".to_owned());
            }
            found
        }
    }
}

/// Reads `git status --porcelain=v2 --branch -z` (git-status(1), "Porcelain Format Version 2").
fn parse(text: &str) -> Source {
    let mut source =
        Source { commit: None, branch: None, dirty: None, changed: Vec::new(), changed_count: 0 };
    let mut entries = text.split('\0');
    while let Some(entry) = entries.next() {
        let fields = match entry.split_once(' ') {
            Some(("#", header)) => {
                match header.split_once(' ') {
                    Some(("branch.oid", oid)) => {
                        source.commit = Some(oid.to_owned()).filter(|oid| oid != "(initial)");
                    }
                    Some(("branch.head", head)) => {
                        source.branch = Some(head.to_owned()).filter(|head| head != "(detached)");
                    }
                    _ => {}
                }
                continue;
            }
            Some(("1", _)) => 9,
            Some(("2", _)) => {
                // The path it had before stands in an entry of its own.
                entries.next();
                10
            }
            Some(("u", _)) => 11,
            Some(("?", _)) => 2,
            _ => continue,
        };
        source.changed_count += 1;
        if let Some(path) = entry.splitn(fields, ' ').nth(fields - 1)
            && source.changed.len() < LISTED_MAX
        {
            source.changed.push(path.to_owned());
        }
    }
    source.changed.sort();
    source.dirty = Some(source.changed_count > 0);
    source
}

/// The commit without the git program (gitrepository-layout(5)).
fn by_hand(repository: &Path) -> Option<Source> {
    let dot = repository.join(".git");
    let folder = if dot.is_dir() {
        dot
    } else {
        // A worktree or a submodule: a file that says where the folder is.
        repository.join(read_short(&dot)?.strip_prefix("gitdir:")?.trim())
    };
    let head = read_short(folder.join("HEAD"))?;
    let (commit, branch) = match head.trim().strip_prefix("ref: ") {
        None => (Some(head.trim().to_owned()), None),
        Some(name) => {
            let common = read_short(folder.join("commondir")).map(|path| folder.join(path.trim()));
            let commit = commit_of(name, &folder).or_else(|| commit_of(name, &common?));
            (commit, Some(name.strip_prefix("refs/heads/").unwrap_or(name).to_owned()))
        }
    };
    let is_name = |text: &String| text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let commit = commit.filter(is_name);
    Some(Source { commit, branch, dirty: None, changed: Vec::new(), changed_count: 0 })
}

fn commit_of(name: &str, folder: &Path) -> Option<String> {
    if let Some(commit) = read_short(folder.join(name)) {
        return Some(commit.trim().to_owned());
    }
    let packed = read_short(folder.join("packed-refs"))?;
    let found = packed.lines().find_map(|line| line.strip_suffix(name)?.strip_suffix(' '));
    found.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn changed_renamed_unmerged_and_new_files_are_read_with_blanks_in_their_names() {
        let zeros = "0000000000000000000000000000000000000000";
        let text = format!(
            "# branch.oid {COMMIT}\0# branch.head main\0\
             1 .M N... 100644 100644 100644 {zeros} {zeros} src/a b.py\0\
             2 R. N... 100644 100644 100644 {zeros} {zeros} R100 new.py\0old.py\0\
             u UU N... 100644 100644 100644 100644 {zeros} {zeros} {zeros} both.py\0\
             ? notes.txt\0"
        );
        let source = parse(&text);
        assert_eq!((source.commit.as_deref(), source.branch.as_deref()), (Some(COMMIT), Some("main")));
        assert_eq!(source.changed, ["both.py", "new.py", "notes.txt", "src/a b.py"]);
        assert_eq!((source.dirty, source.changed_count), (Some(true), 4));
    }

    #[test]
    fn a_clean_tree_on_no_branch_is_clean() {
        let source = parse(&format!("# branch.oid {COMMIT}\0# branch.head (detached)\0"));
        assert_eq!((source.branch, source.dirty), (None, Some(false)));
        assert_eq!(parse("# branch.oid (initial)\0").commit, None);
    }

    #[test]
    fn many_changed_files_are_counted_and_the_first_are_listed() {
        let lines: Vec<String> = (0..100).map(|number| format!("? {number:03}\0")).collect();
        let source = parse(&lines.concat());
        assert_eq!((source.changed.len(), source.changed_count), (LISTED_MAX, 100));
    }

    #[test]
    fn the_commit_is_found_without_git_loose_packed_and_in_a_worktree() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("a/.git/HEAD", "ref: refs/heads/main\n");
        write("a/.git/packed-refs", &format!("# pack-refs\n{COMMIT} refs/heads/main\n"));
        let found = by_hand(&root.path().join("a")).unwrap();
        assert_eq!((found.commit.as_deref(), found.branch.as_deref()), (Some(COMMIT), Some("main")));
        let other = COMMIT.replace('0', "f");
        write("a/.git/refs/heads/main", &format!("{other}\n"));
        assert_eq!(by_hand(&root.path().join("a")).unwrap().commit, Some(other.clone()));
        write("b/.git", "gitdir: ../a/.git/worktrees/b\n");
        write("a/.git/worktrees/b/HEAD", "ref: refs/heads/main\n");
        write("a/.git/worktrees/b/commondir", "../..\n");
        assert_eq!(by_hand(&root.path().join("b")).unwrap().commit, Some(other));
        write("a/.git/HEAD", "not a commit\n");
        assert_eq!(by_hand(&root.path().join("a")).unwrap().commit, None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_readers_panic(text in ".{0,200}") {
            let _ = parse(&text);
        }
    }
}
