//! Tokens that begin with letters of their own.

use super::{Secret, entropy, hexadecimal, is_placeholder, masked, run, url_safe, word};

/// A token that begins with letters of its own.
struct Form {
    kind: &'static str,
    prefix: &'static str,
    /// Which bytes follow.
    letters: fn(u8) -> bool,
    /// How many, at least and at most.
    length: (usize, usize),
    /// Bits per byte that a random one has at least; words and repetitions have fewer.
    entropy: f64,
    /// What else must hold.
    check: fn(&str) -> bool,
}

/// Forms as their issuers or the issuers' own scanners describe them.
static FORMS: &[Form] = &[
    Form { length: (36, 36), check: base62_checksum, ..form("a GitHub token", "ghp_", alphanumeric) },
    Form { length: (36, 36), check: base62_checksum, ..form("a GitHub token", "gho_", alphanumeric) },
    Form { length: (36, 36), check: base62_checksum, ..form("a GitHub token", "ghu_", alphanumeric) },
    Form { length: (36, 36), check: base62_checksum, ..form("a GitHub token", "ghs_", alphanumeric) },
    Form { length: (36, 36), check: base62_checksum, ..form("a GitHub token", "ghr_", alphanumeric) },
    Form { length: (82, 82), entropy: 4.0, ..form("a GitHub token", "github_pat_", word) },
    Form { length: (36, 36), check: base62_checksum, ..form("an npm token", "npm_", alphanumeric) },
    Form { length: (20, 20), ..form("a GitLab token", "glpat-", url_safe) },
    Form { length: (40, 72), check: slack, ..form("a Slack token", "xoxb-", url_safe) },
    Form { length: (40, 80), check: slack, ..form("a Slack token", "xoxp-", url_safe) },
    Form { length: (34, 34), entropy: 3.9, ..form("a Hugging Face token", "hf_", alphabetic) },
    Form { length: (48, 180), check: open_ai, entropy: 4.0, ..form("an OpenAI key", "sk-", url_safe) },
    Form {
        length: (95, 110),
        check: anthropic,
        entropy: 4.0,
        ..form("an Anthropic key", "sk-ant-", url_safe)
    },
    Form { length: (32, 32), entropy: 3.0, ..form("a Kaggle token", "KGAT_", hexadecimal) },
];

const fn form(kind: &'static str, prefix: &'static str, letters: fn(u8) -> bool) -> Form {
    Form { kind, prefix, letters, length: (0, 0), entropy: 3.3, check: always }
}

/// The tokens of every form.
pub(super) fn secrets(text: &str) -> Vec<Secret> {
    FORMS.iter().flat_map(|form| of_form(form, text)).collect()
}

fn of_form(form: &Form, text: &str) -> Vec<Secret> {
    let found = text.match_indices(form.prefix).filter_map(|(at, _)| {
        let starts = at == 0 || !word(text.as_bytes()[at - 1]);
        let body = run(text, at + form.prefix.len(), form.letters);
        let fits = starts
            && (form.length.0..=form.length.1).contains(&body.len())
            && (form.check)(body)
            && !is_placeholder(body)
            && entropy(body) >= form.entropy;
        fits.then(|| Secret { kind: form.kind, at, masked: masked(&text[at..]) })
    });
    found.collect()
}

/// The last six characters are the CRC-32 of those before, in base 62 (GitHub's blog, 5 April 2021).
fn base62_checksum(body: &str) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let (random, sum) = body.split_at(body.len() - 6);
    let value = sum.bytes().try_fold(0_u64, |value, byte| {
        DIGITS.iter().position(|digit| *digit == byte).map(|digit| value * 62 + digit as u64)
    });
    value == Some(u64::from(crc32fast::hash(random.as_bytes())))
}

/// Two or three numbers, then the secret.
fn slack(body: &str) -> bool {
    let mut parts = body.split('-');
    let number = |part: Option<&str>| {
        part.is_some_and(|part| part.len() >= 10 && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    number(parts.next()) && number(parts.next()) && body.rsplit('-').next().is_some_and(|end| end.len() >= 24)
}

/// Every key of `OpenAI` holds its name in base 64.
fn open_ai(body: &str) -> bool {
    body.contains("T3BlbkFJ")
}

fn anthropic(body: &str) -> bool {
    (body.starts_with("api") || body.starts_with("admin")) && body.ends_with("AA")
}

fn always(_: &str) -> bool {
    true
}

fn alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn alphabetic(byte: u8) -> bool {
    byte.is_ascii_alphabetic()
}
