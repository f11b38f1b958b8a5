//! Variables that no result should depend on: who the user is, how wide the terminal, and some with no meaning at all.
//!
//! The meaningless ones make the environment block about 4 KiB larger, which moves the stack.

use super::{Carrier, Conditions, Factor, Kind, Level};

pub(super) struct EnvironmentNoise;

impl Factor for EnvironmentNoise {
    fn name(&self) -> &'static str {
        "environment-noise"
    }

    fn summary(&self) -> &'static str {
        "the user name, the terminal's size and unrelated environment variables"
    }

    fn mend(&self) -> &'static str {
        "The program reads a variable that describes its surroundings (USER, COLUMNS, EDITOR) or \
         depends on the size of the environment, as code does that reads unset stack memory. Pass \
         what matters as an argument."
    }

    fn kind(&self) -> Kind {
        Kind::Environment
    }

    fn carrier(&self) -> Carrier {
        Carrier::Process
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        for (name, pinned, varied) in NAMED {
            conditions.set(level, name, pinned, varied);
        }
        if level == Level::Varied {
            for index in 0..61 {
                conditions.env.insert(format!("NOISE_{index:02}"), "~".repeat(59));
            }
        }
    }
}

/// Name, pinned, varied.
const NAMED: [(&str, &str, &str); 8] = [
    ("COLUMNS", "80", "211"),
    ("EDITOR", "vi", "nano"),
    ("LINES", "24", "67"),
    ("LOGNAME", "user", "somebody-else"),
    ("PAGER", "cat", "less"),
    ("SHELL", "/bin/sh", "/bin/bash"),
    ("TERM", "dumb", "xterm-256color"),
    ("USER", "user", "somebody-else"),
];
