//! An interpreter, and what is installed for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::facts::Python;
use super::libraries;
use crate::run::{Interpreter, process, wording};

/// An interpreter that takes longer to start is told by its version alone.
const LIMIT: Duration = Duration::from_secs(2);

/// `-E`: runs do not see the caller's `PYTHONPATH` either. Modules that the interpreter has loaded anyway are enough.
const QUESTION: &str = "import json,sys;print(json.dumps({'implementation':sys.implementation.name,'path':[p for p in sys.path if p]}))";

#[derive(Deserialize)]
struct Answer {
    implementation: String,
    path: Vec<PathBuf>,
}

/// The interpreter, its libraries and its linear algebra.
pub(super) fn look(
    interpreter: &Interpreter,
    project: &Path,
    not_known: &mut BTreeMap<String, String>,
) -> Python {
    let executable = wording::place_text(&interpreter.executable, project);
    let known =
        Python { version: interpreter.version.clone(), executable: executable.clone(), ..Python::default() };
    let answer = process::ask_within(&interpreter.executable, &["-E", "-c", QUESTION], LIMIT)
        .and_then(|text| serde_json::from_str::<Answer>(&text).map_err(|error| error.to_string()));
    let Answer { implementation, path } = match answer {
        Ok(answer) => answer,
        Err(why) => {
            not_known.insert(format!("pythons.{executable}"), why);
            return known;
        }
    };
    let all = libraries::installed(&path);
    let blas = libraries::blas(&path);
    if blas.is_none() {
        let why = if all.contains_key("numpy") {
            "NumPy's build record does not name it"
        } else {
            "NumPy is not installed"
        };
        not_known.insert(format!("pythons.{executable}.blas"), why.to_owned());
    }
    Python {
        implementation: Some(implementation),
        libraries: libraries::numeric(&all),
        installed: Some(libraries::digest(&all)),
        blas,
        ..known
    }
}
