//! Judges `drift`: columns of tables that are distributed otherwise than those of a reference.

mod pair;
mod told;

use super::walked::inconclusive;
use super::{Cause, Error, Judge, Verdict, View};
use crate::case::Drift as Wish;
use crate::plan::scenario::overlap::side;
use crate::relate::drift;
use crate::relate::overlap::TableFile;
use pair::{Pair, unknown};
use told::Told;

const AUDIT: &str = "drift";

/// See the module.
pub(super) struct Drift;

impl Judge for Drift {
    fn audit(&self) -> &'static str {
        AUDIT
    }

    fn judge(&self, view: &View<'_>) -> Result<Verdict, Error> {
        let Some(wish) = &view.case.audits.wishes.drift else {
            return Ok(nothing("nothing is declared under `[audit.drift]`".to_owned()));
        };
        match judge(view, wish) {
            Err(Error::Artifact(error)) if error.is_malformed() => Ok(nothing(error.to_string())),
            other => other,
        }
    }
}

fn nothing(headline: String) -> Verdict {
    inconclusive(AUDIT, headline, Cause::NothingVaried)
}

fn judge(view: &View<'_>, wish: &Wish) -> Result<Verdict, Error> {
    let reference = match view.table(&side(view.case, &wish.reference, false))? {
        Ok(table) => table,
        Err(why) => return Ok(nothing(why)),
    };
    let mut tables = Vec::new();
    for name in &wish.current {
        let current = match view.table(&side(view.case, name, true))? {
            Ok(table) => table,
            Err(why) => return Ok(nothing(why)),
        };
        if same_rows(&reference.file, &current.file)? {
            return Ok(nothing(format!("`{}` and `{name}` are the same rows of one file", wish.reference)));
        }
        tables.push(current);
    }
    if let Some(why) = unknown(wish, &reference, &tables) {
        return Ok(nothing(why));
    }
    let mut pairs = Vec::new();
    for current in &tables {
        match Pair::of(wish, &reference, current) {
            Ok(pair) => pairs.push(pair),
            Err(why) => return Ok(nothing(why)),
        }
    }
    for pair in &mut pairs {
        pair.figure.columns = drift::tables(&reference.file, &pair.file, &pair.names)?;
    }
    drift::decide(pairs.iter_mut().flat_map(|pair| &mut pair.figure.columns), &wish.limits);
    Ok(Told::of(view, wish, pairs).verdict())
}

fn same_rows(reference: &TableFile, current: &TableFile) -> Result<bool, Error> {
    if reference.rows != current.rows {
        return Ok(false);
    }
    let digest = |file: &TableFile| crate::artifact::Digest::of_path(&file.path);
    Ok(reference.path == current.path || digest(reference)? == digest(current)?)
}
