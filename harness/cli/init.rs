//! `driftless init`.

use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use super::Failure;
use crate::report::Exit;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The directory that holds the pipeline
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Print the file instead of writing it
    #[arg(long)]
    print: bool,
}

/// Writes a first case file; never over one that is there.
pub(super) fn main(arguments: &Arguments) -> Result<Exit, Failure> {
    let draft = crate::case::draft(&arguments.dir)?;
    if arguments.print {
        std::io::stdout().lock().write_all(draft.text.as_bytes())?;
        return Ok(Exit::Held);
    }
    let file = std::fs::File::options().write(true).create_new(true).open(&draft.file);
    match file.and_then(|mut file| file.write_all(draft.text.as_bytes())) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(Failure::Usage {
                message: format!("`{}` is already there", draft.file.display()),
                hint: "`driftless init --print` shows the draft without writing it".to_owned(),
            });
        }
        Err(source) => {
            return Err(Failure::Run(crate::run::Error::Io { action: "write", path: draft.file, source }));
        }
    }
    let mut stderr = anstream::stderr().lock();
    writeln!(stderr, "wrote `{}`", draft.file.display())?;
    if draft.guesses > 0 {
        writeln!(
            stderr,
            "hint: {} lines are guesses, marked `# guess:`; then try `driftless plan`",
            draft.guesses
        )?;
    }
    Ok(Exit::Held)
}
