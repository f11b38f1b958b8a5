//! The command-line options of a Python script, by a plain scan of its text for `add_argument(` (argparse) and
//! `.option(` (click). Nothing is run or imported, so this sees only what is spelled out.

/// One option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CliOption {
    /// `--seed`, or `train` for a positional argument.
    pub(super) name: String,
    /// Whether the program does not start without it.
    pub(super) required: bool,
    /// Its default, unquoted, where it is a plain literal.
    pub(super) default: Option<String>,
    /// Whether it takes no value.
    pub(super) is_flag: bool,
}

/// Options that are looked at in one script.
const OPTIONS_MAX: usize = 100;

/// The options in the order of the text.
pub(super) fn options(script: &str) -> Vec<CliOption> {
    let mut options: Vec<CliOption> = Vec::new();
    for opening in ["add_argument(", ".option("] {
        for (at, _) in script.match_indices(opening).take(OPTIONS_MAX) {
            if let Some(option) = option(&arguments(&script[at + opening.len()..]))
                && options.iter().all(|other| other.name != option.name)
            {
                options.push(option);
            }
        }
    }
    options
}

fn option(arguments: &[&str]) -> Option<CliOption> {
    let names: Vec<&str> = arguments.iter().map_while(|argument| literal(argument)).collect();
    let name = names.iter().find(|name| name.starts_with("--")).or(names.first())?;
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        || name.trim_matches('-').is_empty()
    {
        return None;
    }
    let keyword = |key: &str| {
        arguments.iter().find_map(|argument| {
            let (name, value) = argument.split_once('=')?;
            (name.trim() == key).then(|| value.trim())
        })
    };
    let positional = !name.starts_with('-');
    let action = keyword("action").and_then(literal).unwrap_or_default();
    Some(CliOption {
        name: (*name).to_owned(),
        required: keyword("required") == Some("True")
            || (positional && !matches!(keyword("nargs"), Some("\"?\"" | "'?'"))),
        default: keyword("default")
            .and_then(|value| literal(value).or_else(|| number(value)))
            .map(str::to_owned),
        is_flag: action.starts_with("store_") || action == "version" || keyword("is_flag") == Some("True"),
    })
}

fn number(text: &str) -> Option<&str> {
    text.parse::<f64>().is_ok_and(f64::is_finite).then_some(text)
}

/// What stands in a Python string literal without escapes.
fn literal(text: &str) -> Option<&str> {
    let text = text.trim();
    ['"', '\''].into_iter().find_map(|quote| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(['"', '\'', '\\', '\n'])).then_some(inner)
    })
}

/// Splits what follows an opening parenthesis at its commas, up to the closing one.
fn arguments(text: &str) -> Vec<&str> {
    const BYTES_MAX: usize = 4096;
    let mut arguments = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    let mut quote = None;
    for (at, letter) in text.char_indices().take_while(|(at, _)| *at < BYTES_MAX) {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')') if depth == 0 => {
                arguments.push(&text[start..at]);
                return arguments;
            }
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                arguments.push(&text[start..at]);
                start = at + 1;
            }
            // Letters of literals, and all that separates nothing.
            _ => {}
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn argparse_options_are_found_with_what_matters() {
        let script = r#"
            p.add_argument("-s", "--seed", type=int, default=7, help="a, (b)")
            p.add_argument('--train', required=True)
            parser.add_argument(
                "--lr",
                type=float,
                default=1e-3,
            )
            p.add_argument("--verbose", action="store_true")
            p.add_argument("path")
            p.add_argument("--dynamic" + x)
            p.add_argument(name)
            p.add_argument("--unclosed"
        "#;
        let option = |name: &str, required, default: Option<&str>, is_flag| CliOption {
            name: name.to_owned(),
            required,
            default: default.map(str::to_owned),
            is_flag,
        };
        assert_eq!(
            options(script),
            [
                option("--seed", false, Some("7"), false),
                option("--train", true, None, false),
                option("--lr", false, Some("1e-3"), false),
                option("--verbose", false, None, true),
                option("path", true, None, false),
            ]
        );
    }

    #[test]
    fn click_options_are_found() {
        let found = options("@click.option('--seed', default=1)\n@click.option('--fast', is_flag=True)\n");
        assert_eq!(
            found.iter().map(|o| (o.name.as_str(), o.is_flag)).collect::<Vec<_>>(),
            [("--seed", false), ("--fast", true)]
        );
    }

    proptest! {
        #[test]
        fn no_script_makes_the_scan_panic(script in "(add_argument\\(|[(),'\"\\-a-z=é\n])*") {
            options(&script);
        }
    }
}
