//! Commands of a shell script, as far as installing packages goes: words between separators, with their quotes taken off.

/// One command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    /// Its words; a variable stays as it is written.
    pub(super) words: Vec<String>,
    /// Where it begins, in bytes of the script.
    pub(super) at: usize,
}

impl Command {
    /// The words after what only introduces a command: `sudo`, `then`, `A=b`.
    pub(super) fn plain(&self) -> &[String] {
        const INTRODUCE: [&str; 11] =
            ["sudo", "then", "do", "else", "if", "!", "{", "time", "exec", "command", "env"];
        let introduces = |word: &String| {
            INTRODUCE.contains(&word.as_str())
                || word.split_once('=').is_some_and(|(name, _)| {
                    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                })
        };
        let start = self.words.iter().take_while(|word| introduces(word)).count();
        &self.words[start..]
    }

    /// The program's name without its folder.
    pub(super) fn program(&self) -> &str {
        self.plain().first().map(|word| word.rsplit('/').next().unwrap_or_default()).unwrap_or_default()
    }
}

/// How a script is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// What takes the meaning from the next character.
    pub(super) escape: char,
    /// Whether the end of a line ends a command. In `RUN` it does not: comments between continued lines are left out.
    pub(super) lines: bool,
}

/// The commands of a script.
pub(super) fn commands(script: &str, style: Style) -> Vec<Command> {
    let mut reader = Reader { found: Vec::new(), command: Command::default(), word: None };
    let mut letters = script.char_indices().peekable();
    let mut quote: Option<char> = None;
    let mut fresh = true;
    while let Some((at, letter)) = letters.next() {
        let at_start = fresh;
        fresh = letter == '\n' || fresh && letter.is_whitespace();
        match (quote, letter) {
            (None, '#') if at_start => {
                while letters.peek().is_some_and(|(_, letter)| *letter != '\n') {
                    letters.next();
                }
            }
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => reader.push(at, letter),
            (_, letter) if letter == style.escape => {
                let rest = script[at + letter.len_utf8()..].trim_start_matches([' ', '\t', '\r']);
                if rest.starts_with('\n') {
                    while letters.next_if(|(_, letter)| *letter != '\n').is_some() {}
                    letters.next();
                    fresh = true;
                    reader.end_word(quote.is_none());
                } else if let Some((_, next)) = letters.next() {
                    reader.push(at, next);
                }
            }
            (None, '\'' | '"') => {
                quote = Some(letter);
                reader.open(at);
            }
            (None, ';' | '&' | '|') => reader.end_command(),
            (None, '\n') if style.lines => reader.end_command(),
            (None, letter) if letter.is_whitespace() => reader.end_word(true),
            _ => reader.push(at, letter),
        }
    }
    reader.end_command();
    reader.found
}

struct Reader {
    found: Vec<Command>,
    command: Command,
    word: Option<String>,
}

impl Reader {
    fn open(&mut self, at: usize) {
        if self.command.words.is_empty() && self.word.is_none() {
            self.command.at = at;
        }
        self.word.get_or_insert_default();
    }

    fn push(&mut self, at: usize, letter: char) {
        self.open(at);
        self.word.get_or_insert_default().push(letter);
    }

    fn end_word(&mut self, outside: bool) {
        if outside && let Some(word) = self.word.take() {
            self.command.words.push(word);
        }
    }

    fn end_command(&mut self) {
        self.end_word(true);
        if !self.command.words.is_empty() {
            self.found.push(std::mem::take(&mut self.command));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RUN: Style = Style { escape: '\\', lines: false };

    fn words(script: &str, style: Style) -> Vec<Vec<String>> {
        commands(script, style).into_iter().map(|command| command.words).collect()
    }

    #[test]
    fn commands_end_at_separators_and_not_inside_quotes() {
        assert_eq!(
            words("a 'b; c' && d \"e|f\"; g\\ h", RUN),
            [vec!["a", "b; c"], vec!["d", "e|f"], vec!["g h"]]
        );
    }

    #[test]
    fn a_continued_command_goes_on_after_a_comment() {
        let script = "apt-get install \\\n    # for maps\n    curl \\  \n  git";
        assert_eq!(words(script, RUN), [["apt-get", "install", "curl", "git"]]);
        let lines = Style { lines: true, ..RUN };
        assert_eq!(words("a b\n# c\nd", lines), [vec!["a", "b"], vec!["d"]]);
    }

    #[test]
    fn what_introduces_a_command_is_passed_over() {
        let command = &commands("if then A=1 sudo /usr/bin/pip3 install x", RUN)[0];
        assert_eq!((command.program(), command.plain()[1].as_str()), ("pip3", "install"));
        assert_eq!(commands("  x", RUN)[0].at, 2);
    }

    proptest! {
        #[test]
        fn no_script_makes_it_panic(script in "[\\PC\n\\\\\"'#;&]*") {
            let _ = commands(&script, RUN);
            let _ = commands(&script, Style { escape: '`', lines: true });
        }
    }
}
