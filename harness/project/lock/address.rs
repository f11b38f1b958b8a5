//! Requirements that are addresses or paths.

/// Whether a path begins at a root, a home or a drive. Where Kaggle mounts its data it is the same for everybody.
pub(super) fn is_foreign_path(address: &str) -> bool {
    let path = ["file://localhost", "file://", "file:"]
        .iter()
        .find_map(|scheme| address.strip_prefix(scheme))
        .unwrap_or(address);
    let drive = has_drive(path);
    let variable = path.contains("${");
    (path.starts_with('/') || path.starts_with('~') || drive)
        && !path.starts_with("/kaggle/")
        && !variable
        && !path.starts_with("//")
}

/// Whether a path begins as Windows writes it: `C:\\`.
fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic())
}

/// Whether a line is a path or an address without a name before it.
pub(super) fn is_address(text: &str) -> bool {
    let scheme = text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '.' | '-'))
    });
    let file = [".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz"].iter().any(|ending| text.ends_with(ending))
        && !text.contains(['@', ' ']);
    scheme || file || has_drive(text) || text.starts_with(['.', '/', '~']) || text.starts_with("file:")
}

/// The distribution that an address holds, as far as it tells; empty where it does not.
pub(super) fn name_of_address(address: &str) -> String {
    if let Some((_, name)) = address.rsplit_once("egg=") {
        return name.split(['&', '[']).next().unwrap_or_default().to_owned();
    }
    let path = address.split(['#', '?']).next().unwrap_or_default();
    let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_archive = [".whl", ".tar.gz", ".zip"].iter().any(|ending| file.ends_with(ending));
    if is_archive { file.split('-').next().unwrap_or_default().to_owned() } else { String::new() }
}
