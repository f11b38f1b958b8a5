//! Tables of a case: declared data or outputs of the baseline, all of their rows or those on one side of a split.

use super::{Error, View};
use crate::artifact::{Artifact, column};
use crate::case::Split;
use crate::plan::scenario::overlap::{Side, Which, held_out_values};
use crate::relate::overlap::{self, Selection, TableFile};

/// A table, ready to be compared.
pub(super) struct Table {
    /// Its name in the case.
    pub(super) name: String,
    /// The file, and which of its rows.
    pub(super) file: TableFile,
    /// Its columns, in order.
    pub(super) columns: Vec<String>,
    /// Columns that name a group.
    pub(super) group: Vec<String>,
    /// The column of times.
    pub(super) time: Option<String>,
    /// Whether the program prepared it: then its columns are features.
    pub(super) prepared: bool,
}

impl View<'_> {
    /// The rows that a side means, or why there are none.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(super) fn table(&self, side: &Side) -> Result<Result<Table, String>, Error> {
        let (artifact, target, group, time, prepared) = match self.case.data.get(&side.name) {
            Some(data) => {
                let file = Artifact::at(data.path.clone(), data.format, data.id.clone())?;
                (file, data.target.clone(), data.group.clone(), data.time.clone(), false)
            }
            None => match (self.baseline(&side.name), self.case.output(&side.name)) {
                (Some(file), Some(output)) => {
                    (file, output.target.clone(), output.group.clone(), output.time.clone(), true)
                }
                _ => return Ok(Err(format!("there is no `{}`", side.name))),
            },
        };
        let rows = match side.rows {
            Which::All => None,
            Which::Split { held_out } => match self.selection(&side.name, held_out)? {
                Ok(selection) => Some(selection),
                Err(why) => return Ok(Err(why)),
            },
        };
        let file = TableFile { path: artifact.path, format: artifact.format, id: artifact.id, target, rows };
        let columns = overlap::columns_of(&file)?;
        Ok(Ok(Table { name: side.name.clone(), file, columns, group, time, prepared }))
    }

    /// The rows of a declared split.
    fn selection(&self, name: &str, held_out: bool) -> Result<Result<Selection, String>, Error> {
        let Some(data) = self.case.data.get(name) else {
            return Ok(Err(format!("there is no `{name}`")));
        };
        let (column, values) = match &data.split {
            Some(Split::Column { column, held_out: declared }) => {
                (column.clone(), held_out_values(data, column, declared)?)
            }
            Some(Split::Output(output)) => {
                let [id] = data.id.as_slice() else {
                    return Ok(Err(format!(
                        "`{name}` is split by the ids in `{output}`, which takes one id column: declare `id`"
                    )));
                };
                let Some(artifact) = self.baseline(output) else {
                    return Ok(Err(format!("there is no `{output}`")));
                };
                let named = artifact.id.first().unwrap_or(id).clone();
                (id.clone(), column::columns(&artifact, &[named])?.concat())
            }
            Some(Split::Inside) | None => return Ok(Err(format!("`{name}` has no split that can be read"))),
        };
        if values.is_empty() {
            return Ok(Err(format!("no row of `{name}` is held out")));
        }
        Ok(Ok(Selection { column, values, others: !held_out }))
    }
}
