//! `driftless list`.

use std::io::Write as _;

use super::Failure;
use super::select::Where;
use crate::report::Exit;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    at: Where,
}

/// One case a line: name, a tab, summary.
pub(super) fn main(arguments: &Arguments) -> Result<Exit, Failure> {
    let cases = arguments.at.cases()?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for case in &cases {
        writeln!(out, "{}\t{}", case.name, case.summary)?;
    }
    out.flush()?;
    Ok(Exit::Held)
}
