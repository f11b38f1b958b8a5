//! Secrets by their form: tokens with a prefix of their own, checked by length, letters, checksum or entropy.
//!
//! A false alarm costs more than a miss, so a form without a prefix counts only beside the name of what it opens.

mod form;

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Secret {
    /// What it opens, in words.
    pub(crate) kind: &'static str,
    /// Where it begins, in bytes.
    pub(crate) at: usize,
    /// Its first four characters and a mask: the value is never shown.
    pub(crate) masked: String,
}

/// Words that a person puts where the secret would stand.
const PLACEHOLDERS: [&str; 12] = [
    "example",
    "xxxx",
    "your",
    "placeholder",
    "redacted",
    "dummy",
    "sample",
    "changeme",
    "insert",
    "12345678",
    "abcdefgh",
    "aaaaaa",
];

/// The secrets of a text, in the order of their places.
pub(crate) fn secrets(text: &str) -> Vec<Secret> {
    let mut found: Vec<Secret> = form::secrets(text);
    found.extend(private_keys(text));
    found.extend(amazon(text));
    found.extend(named(text));
    found.sort_by_key(|secret| secret.at);
    found
}

/// The first four characters and a mask.
pub(crate) fn masked(value: &str) -> String {
    value.chars().take(4).chain("********".chars()).collect()
}

/// Whether a value was put there to be replaced.
pub(crate) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    PLACEHOLDERS.iter().any(|word| lower.contains(word))
}

/// Bits per byte of a text, after the frequencies of its bytes (Shannon 1948).
#[expect(clippy::cast_precision_loss, reason = "texts of a few hundred bytes")]
pub(crate) fn entropy(text: &str) -> f64 {
    let mut counts = [0_usize; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = text.len() as f64;
    let share = |count: usize| count as f64 / length;
    counts.into_iter().filter(|count| *count > 0).map(|count| -share(count) * share(count).log2()).sum()
}

/// The longest stretch of such bytes from a place on.
fn run(text: &str, from: usize, letters: fn(u8) -> bool) -> &str {
    let rest = text.get(from..).unwrap_or_default();
    let length = rest.bytes().take_while(|byte| letters(*byte)).count();
    &rest[..length]
}

/// Unencrypted private keys in PEM form (RFC 7468), also inside a JSON string.
fn private_keys(text: &str) -> Vec<Secret> {
    const MARK: &str = "PRIVATE KEY-----";
    let begins = text.match_indices("-----BEGIN ").filter_map(|(at, begin)| {
        let rest = &text[at + begin.len()..];
        let end = rest.find(MARK).filter(|end| *end <= "OPENSSH ".len())?;
        let kind = rest[..end].trim();
        let body =
            rest[end + MARK.len()..].trim_start_matches(['\\', 'n', 'r', '\r', '\n', '"', '\'', ' ', '+']);
        let key = run(body, 0, base64);
        let fits = ["", "RSA", "EC", "DSA", "OPENSSH"].contains(&kind)
            && key.len() >= 32
            && !is_placeholder(key)
            && entropy(key) >= 3.0;
        fits.then(|| Secret { kind: "a private key", at, masked: masked(begin) })
    });
    begins.collect()
}

/// The id of an access key of Amazon's cloud, with its secret within a few lines: the id alone opens nothing.
fn amazon(text: &str) -> Vec<Secret> {
    const NEAR: usize = 400;
    let ids = ["AKIA", "ASIA"].into_iter().flat_map(|prefix| text.match_indices(prefix));
    let found = ids.filter_map(|(at, prefix)| {
        let starts = at == 0 || !word(text.as_bytes()[at - 1]);
        let id = run(text, at, |byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte));
        if !starts || id.len() != 20 || is_placeholder(id) || entropy(id) < 2.8 {
            return None;
        }
        let mut from = at.saturating_sub(NEAR);
        let mut to = (at + NEAR).min(text.len());
        while !text.is_char_boundary(from) {
            from += 1;
        }
        while !text.is_char_boundary(to) {
            to -= 1;
        }
        let near = &text[from..to];
        let is_secret = |line: &str| {
            line.to_ascii_lowercase().contains("secret")
                && line
                    .split(|letter: char| !letter.is_ascii() || !base64(letter as u8))
                    .any(|piece| piece.len() == 40 && !is_placeholder(piece) && entropy(piece) >= 4.0)
        };
        let kind = "an access key of a cloud with its secret";
        near.lines().any(is_secret).then(|| Secret { kind, at, masked: masked(prefix) })
    });
    found.collect()
}

/// Values that are secrets only by the name beside them: keys of Kaggle (32 hexadecimal digits) and of W&B (40).
fn named(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    let names = ["wandb", "WANDB", "Wandb", "kaggle_key", "KAGGLE_KEY", "\"key\""];
    if !names.iter().any(|name| text.contains(name)) {
        return found;
    }
    let kaggle = text.contains("\"username\"") && text.contains("\"key\"");
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let lower = line.to_ascii_lowercase();
        let length = if lower.contains("wandb") {
            40
        } else if kaggle && line.contains("\"key\"") || lower.contains("kaggle_key") {
            32
        } else {
            start += line.len();
            continue;
        };
        let kind = if length == 40 { "a W&B key" } else { "a Kaggle key" };
        let quoted =
            |at: usize| at > 0 && matches!(line.as_bytes()[at - 1], b'"' | b'\'' | b'=' | b' ' | b':');
        let mut place = 0;
        while place < line.len() {
            let digits = if line.is_char_boundary(place) { run(line, place, hexadecimal) } else { "" };
            if digits.len() == length && quoted(place) && !is_placeholder(digits) && entropy(digits) >= 3.0 {
                found.push(Secret { kind, at: start + place, masked: masked(digits) });
            }
            place += digits.len().max(1);
        }
        start += line.len();
    }
    found
}

fn hexadecimal(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn url_safe(byte: u8) -> bool {
    word(byte) || byte == b'-'
}

fn base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Letters that look random and open nothing; no whole token stands in this file.
    fn noise(length: usize, letters: &[u8]) -> String {
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            letters[(state >> 16) as usize % letters.len()] as char
        };
        (0..length).map(|_| next()).collect()
    }

    const LETTERS: &[u8] = b"QWERTZUIOPSDFGHJKLYXCVBNMqwertzuiopsdfghjklyxcvbnm";
    const HEX: &[u8] = b"0123456789abcdef";

    fn kinds(text: &str) -> Vec<&'static str> {
        secrets(text).into_iter().map(|secret| secret.kind).collect()
    }

    fn github(random: &str) -> String {
        let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut rest = crc32fast::hash(random.as_bytes()) as usize;
        let mut sum = String::new();
        for _ in 0..6 {
            sum.insert(0, digits[rest % 62] as char);
            rest /= 62;
        }
        format!("gh{}{random}{sum}", "p_")
    }

    #[test]
    fn tokens_of_every_form_are_found_and_never_shown() {
        let cases = [
            ("a GitHub token", github(&noise(30, LETTERS))),
            ("a GitLab token", format!("gl{}{}", "pat-", noise(20, LETTERS))),
            ("a Slack token", format!("xo{}{}", "xb-1357913579135-2468024680246-", noise(24, LETTERS))),
            ("a Hugging Face token", format!("h{}{}", "f_", noise(34, LETTERS))),
            ("an OpenAI key", format!("s{}{}T3Blbk{}{}", "k-", noise(20, LETTERS), "FJ", noise(20, LETTERS))),
            ("an Anthropic key", format!("sk-{}{}AA", "ant-api03-", noise(93, LETTERS))),
            ("a Kaggle token", format!("KG{}{}", "AT_", noise(32, HEX))),
        ];
        for (kind, token) in cases {
            let text = format!("TOKEN = \"{token}\"\n");
            let found = secrets(&text);
            assert_eq!(found.iter().map(|secret| secret.kind).collect::<Vec<_>>(), [kind], "{text}");
            assert_eq!(found[0].at, 9);
            assert_eq!(found[0].masked, format!("{}********", &token[..4]));
        }
    }

    #[test]
    fn a_token_whose_checksum_is_wrong_is_none() {
        let mut token = github(&noise(30, LETTERS));
        token.pop();
        token.push('!');
        assert!(kinds(&token).is_empty());
        let wrong = format!("gh{}{}", "p_", noise(36, LETTERS));
        assert!(kinds(&wrong).is_empty());
    }

    #[test]
    fn keys_are_found_by_the_name_beside_them_only() {
        let hex = noise(32, HEX);
        assert_eq!(kinds(&format!("{{\"username\":\"me\",\"key\":\"{hex}\"}}")), ["a Kaggle key"]);
        assert!(kinds(&format!("{{\"md5\":\"{hex}\"}}")).is_empty());
        let hex = noise(40, HEX);
        assert_eq!(kinds(&format!("WANDB_API_KEY={hex}")), ["a W&B key"]);
        assert!(kinds(&format!("commit {hex}")).is_empty());
    }

    #[test]
    fn an_access_key_counts_with_its_secret_only() {
        let id = format!("AK{}{}", "IA", "QWERTZUIOPSDFGHJ");
        assert!(kinds(&format!("aws_access_key_id = {id}\n")).is_empty());
        let secret = noise(40, LETTERS);
        let both = format!("aws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
        assert_eq!(kinds(&both), ["an access key of a cloud with its secret"]);
    }

    #[test]
    fn a_private_key_is_found_also_inside_json() {
        let (begin, body) = (format!("-----BEGIN {} KEY-----", "PRIVATE"), noise(64, LETTERS));
        assert_eq!(kinds(&format!("{begin}\n{body}\n")), ["a private key"]);
        assert_eq!(kinds(&format!("{{\"private_key\": \"{begin}\\n{body}\\n\"}}")), ["a private key"]);
        assert!(kinds(&format!("if text.startswith(\"{begin}\"):\n    load(text)\n")).is_empty());
        assert!(kinds(&format!("{begin}\n...\n")).is_empty());
    }

    #[test]
    fn placeholders_and_references_are_silent() {
        for text in [
            "export HF_TOKEN=hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "HF_TOKEN=${HF_TOKEN}",
            "token = os.environ[\"GITHUB_TOKEN\"]",
            "ghp_yourtokenyourtokenyourtokenyourtoken",
            "OPENAI_API_KEY=sk-...",
            "OPENAI_API_KEY=<token>",
            "WANDB_API_KEY=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "WANDB_API_KEY=0000000000000000000000000000000000000000",
            "wandb.init(project=\"x\")",
            "hf_hub_download(repo_id=\"a/b\", filename=\"model.safetensors\")",
            "AKIAIOSFODNN7EXAMPLE\nsecret = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n",
        ] {
            assert!(kinds(text).is_empty(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*", at in 0_usize..40) {
            let _ = secrets(&text);
            let mut mixed = format!("wandb AKIA ghp_ -----BEGIN PRIVATE KEY----- \"key\" {text}");
            let at = (0..=at.min(mixed.len())).rev().find(|at| mixed.is_char_boundary(*at)).unwrap_or(0);
            mixed.insert_str(at, &text);
            let _ = secrets(&mixed);
        }
    }
}
