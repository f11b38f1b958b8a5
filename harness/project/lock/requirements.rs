//! Requirements files, as pip reads them.
//!
//! Source: pip's documentation, "Requirements File Format", and PEP 508.

use std::path::{Component, Path, PathBuf};

use super::address::{is_address, is_foreign_path, name_of_address};
use super::lines::{is_input_name, logical, origin, split_comment, split_options};
use super::model::{Junk, Kind, Locked, Manager, Pin, Source};
use super::node::Fault;
use super::{pep, text};

/// Files that one file may include, in all.
const INCLUDES_MAX: usize = 200;

/// Options of pip that may stand in a line of their own.
const OPTIONS: &[&str] = &[
    "-i",
    "--index-url",
    "--extra-index-url",
    "--no-index",
    "-f",
    "--find-links",
    "--no-binary",
    "--only-binary",
    "--prefer-binary",
    "--require-hashes",
    "--pre",
    "--trusted-host",
    "--use-feature",
    "--pypi-url",
    "--process-dependency-links",
    "--all-releases",
    "--only-final",
    "--no-build-isolation",
    "--uploaded-prior-to",
];

/// A file, what it includes, and what was included on the way to it.
struct Reader<'root> {
    root: &'root Path,
    source: Source,
    above: Vec<PathBuf>,
    includes: usize,
}

/// Reads a requirements file and all that it includes.
pub(super) fn read(root: &Path, path: &Path, kind: Kind) -> Source {
    let mut reader =
        Reader { root, source: Source::new(path, kind), above: Vec::new(), includes: INCLUDES_MAX };
    match text::read(&root.join(path)) {
        Ok(text) => {
            header(&text, &mut reader.source);
            reader.file(path, &text, false);
        }
        Err(fault) => reader.source.fault(fault),
    }
    reader.source
}

/// What pip-compile and uv say at the top: the Python version and the files that the lock was made from.
fn header(text: &str, source: &mut Source) {
    for line in text.lines().take(12).filter_map(|line| line.strip_prefix('#')) {
        source.python |= line.contains("with Python ") || line.contains("--python-version");
        source.is_open |= line.contains("override");
        let mut words = line.split_whitespace();
        if !line.contains("pip-compile") && !line.contains("pip compile") {
            continue;
        }
        while let Some(word) = words.next() {
            if matches!(word, "-o" | "--output-file" | "-c" | "--constraint") {
                words.next();
            } else if !word.starts_with('-') && is_input_name(word) {
                // The command may have run in the folder of the lock or above it.
                source.inputs.push(beside(source.folder(), word));
                source.inputs.push(beside(Path::new(""), word));
            }
        }
    }
}

impl Reader<'_> {
    fn file(&mut self, path: &Path, text: &str, constraint: bool) {
        let file = path.to_string_lossy().replace('\\', "/");
        self.above.push(path.to_path_buf());
        let mut last: Option<usize> = None;
        let mut via = false;
        for line in logical(text) {
            let (code, comment) = split_comment(&line.text);
            let code = code.trim();
            if !code.is_empty() {
                let before = self.source.entries.len();
                if let Err(message) = self.line(&file, line.number, code, path, constraint) {
                    self.source.faults.push((file.clone(), Fault::new(line.number, message)));
                }
                last = (self.source.entries.len() > before).then_some(before);
                via = false;
            }
            if let (Some(last), Some(comment)) = (last, comment)
                && let Some(entry) = self.source.entries.get_mut(last)
            {
                origin(entry, comment, &mut via);
            }
        }
        self.above.pop();
    }

    /// One line without its comment.
    fn line(
        &mut self,
        file: &str,
        line: u64,
        code: &str,
        path: &Path,
        constraint: bool,
    ) -> Result<(), String> {
        if let Some(option) = code.strip_prefix('-').map(|_| code) {
            return self.option(file, line, option, path, constraint);
        }
        let (requirement, options) = split_options(code);
        let mut entry = self.entry(file, line, requirement)?;
        entry.hashes = options.contains("--hash") || entry.hashes;
        entry.constraint = constraint;
        self.source.entries.push(entry);
        Ok(())
    }

    fn option(
        &mut self,
        file: &str,
        line: u64,
        code: &str,
        path: &Path,
        constraint: bool,
    ) -> Result<(), String> {
        let end = code.find([' ', '\t', '=']).unwrap_or(code.len());
        let (name, rest) = code.split_at(end);
        let value = rest.trim_start_matches(['=', ' ', '\t']).trim_matches(['"', '\'']);
        match name {
            "-r" | "--requirement" => self.include(path, value, constraint),
            "-c" | "--constraint" => self.include(path, value, true),
            "-e" | "--editable" => {
                self.editable(file, line, value, constraint);
                Ok(())
            }
            _ if OPTIONS.contains(&name) => Ok(()),
            // `-rbase.txt` without a blank is what pip takes, too.
            _ if code.starts_with("-r") => self.include(path, code[2..].trim(), constraint),
            _ if code.starts_with("-c") => self.include(path, code[2..].trim(), true),
            _ if code.starts_with("-i") || code.starts_with("-f") => Ok(()),
            _ => Err(format!("`{name}` is no option that pip takes in a requirements file")),
        }
    }

    fn include(&mut self, from: &Path, value: &str, constraint: bool) -> Result<(), String> {
        if value.is_empty() {
            return Err("names no file to include".to_owned());
        }
        if value.contains("://") {
            return Ok(());
        }
        let path = beside(from.parent().unwrap_or(Path::new("")), value);
        if self.above.contains(&path) {
            return Err(format!("`{value}` includes this file again"));
        }
        if self.includes == 0 {
            return Err(format!("more than {INCLUDES_MAX} files are included"));
        }
        self.includes -= 1;
        let text = text::read(&self.root.join(&path))
            .map_err(|fault| format!("the included file `{value}` {}", fault.message))?;
        self.file(&path, &text, constraint);
        Ok(())
    }

    fn editable(&mut self, file: &str, line: u64, value: &str, constraint: bool) {
        let pin = pep::of_url(value);
        let junk = match pin {
            _ if is_foreign_path(value) => Some("is an editable install from a path of one machine"),
            Pin::Url { fixed: false } => Some("is an editable install without a commit"),
            _ => None,
        };
        if let Some(message) = junk {
            self.junk(file, line, value, message);
        }
        let name = value.rsplit_once("egg=").map(|(_, name)| name.split('&').next().unwrap_or_default());
        if let Some(name) = name {
            let mut entry = Locked::new(name.split('[').next().unwrap_or_default(), file, line, Manager::Pip);
            entry.pin = if junk.is_some() { Pin::Path } else { pin };
            entry.constraint = constraint;
            self.source.entries.push(entry);
        }
    }

    fn junk(&mut self, file: &str, line: u64, value: &str, message: &str) {
        self.source.junk.push(Junk {
            file: file.to_owned(),
            line,
            value: value.to_owned(),
            message: message.to_owned(),
        });
    }

    /// A requirement without options: a name with specifiers, an address, or a path.
    fn entry(&mut self, file: &str, line: u64, text: &str) -> Result<Locked, String> {
        let (address, marker) = match text.split_once(" ;") {
            Some((address, marker)) => (address.trim(), Some(marker.trim().to_owned())),
            None => (text, None),
        };
        if is_address(address) {
            if is_foreign_path(address) {
                self.junk(file, line, address, "is a path of one machine");
            }
            let mut entry = Locked::new(&name_of_address(address), file, line, Manager::Pip);
            entry.pin = pep::of_url(address);
            entry.marker = marker;
            address.clone_into(&mut entry.shown);
            return Ok(entry);
        }
        let entry = pep::requirement(text, file, line)?;
        let address = text.split_once('@').map(|(_, address)| address.trim());
        if entry.pin == Pin::Path
            && let Some(address) = address
            && is_foreign_path(address)
        {
            let croot = ["croot", "conda-bld", "feedstock_root"].iter().any(|word| address.contains(word));
            let message = if croot {
                "is a path of the machine on which conda built the package"
            } else {
                "is a path of one machine"
            };
            self.junk(file, line, text, message);
        }
        if entry.name == "pkg-resources" && entry.version.as_deref() == Some("0.0.0") {
            self.junk(file, line, text, "is no package: Debian's pip wrote it by mistake");
        }
        Ok(entry)
    }
}

/// A path relative to the project, from one relative to a folder of it.
pub(super) fn beside(folder: &Path, name: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in folder.join(name).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if path.file_name().is_some_and(|name| name != "..") => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    path
}

/// Lines of a requirements file that stand in another file.
pub(super) fn lines(root: &Path, path: &Path, first: u64, text: &str) -> Source {
    let source = Source::new(path, Kind::Requirements);
    let mut reader = Reader { root, source, above: Vec::new(), includes: INCLUDES_MAX };
    reader.file(path, text, false);
    let file = reader.source.file.clone();
    let shift = |name: &str, line: u64| if name == file { line + first - 1 } else { line };
    for entry in &mut reader.source.entries {
        entry.line = shift(&entry.file, entry.line);
    }
    for junk in &mut reader.source.junk {
        junk.line = shift(&junk.file, junk.line);
    }
    for (name, fault) in &mut reader.source.faults {
        fault.line = fault.line.map(|line| shift(name, line));
    }
    reader.source
}
