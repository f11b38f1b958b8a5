//! What the audits of data, models and kernels change, in words: the names that findings, expectations and `driftless explain`
//! use, beside those of the factors.

/// One kind of change, or one kind of fault that an audit names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Kebab-case name.
    pub name: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// What to do about it: one or two sentences.
    pub mend: &'static str,
}

const fn word(name: &'static str, summary: &'static str, mend: &'static str) -> Word {
    Word { name, summary, mend }
}

/// All of them, in the order of the audits.
pub static WORDS: &[Word] = &[
    word(
        "held-out-features",
        "the features of held-out rows are shifted and scaled",
        "Split first, then fit scalers, encoders, imputers, selectors and the model on the training rows alone.",
    ),
    word(
        "held-out-targets",
        "the targets of held-out rows are permuted and changed",
        "Nothing that training leaves may see these targets: choose hyper-parameters, thresholds and the number of rounds by cross-validation inside the training rows.",
    ),
    word(
        "held-out-categories",
        "held-out rows hold a category never seen before",
        "Take vocabularies and category codes from the training rows, and give unknown ones a code of their own.",
    ),
    word(
        "held-out-count",
        "some held-out rows are removed",
        "Something counts rows of both splits: compute counts, frequencies and ranks on the training rows alone.",
    ),
    word(
        "held-out-rows",
        "rows that the program itself holds out are changed",
        "Split first, then fit everything on the training rows alone: put the steps into a pipeline that is fitted as a whole.",
    ),
    word(
        "exact",
        "rows of train stand in test as they are",
        "Remove duplicates before the split, or split so that equal rows stay together.",
    ),
    word(
        "normalized",
        "rows of train stand in test once numbers and text are written the same way",
        "Normalise first, remove duplicates, then split.",
    ),
    word(
        "keys",
        "a training row and a held-out row agree in the declared keys",
        "Split by these keys, so that what belongs together stays in one split.",
    ),
    word(
        "near",
        "rows of train stand nearly the same in test",
        "Group near duplicates before the split and keep each group in one split.",
    ),
    word(
        "group",
        "rows of one group stand in both splits",
        "Split by group (GroupKFold, GroupShuffleSplit): the model must meet new groups, not new rows of known ones.",
    ),
    word(
        "time",
        "training rows are not older than all held-out rows",
        "Split at a moment: train on what lies before it, test on what comes after.",
    ),
    word(
        "distribution",
        "a column is distributed otherwise than in the reference",
        "Look at what changed where the rows come from: units, filters, a source, the season. If the world changed, train anew; if the data did, mend them.",
    ),
    word(
        "schema",
        "a column is gone, or holds another kind of values than in the reference",
        "Check the schema where rows are read, and refuse those that do not have it.",
    ),
    word("constant", "a feature has one value in all rows", "Drop it: it tells the model nothing."),
    word(
        "id-like",
        "a feature has another value in every row",
        "Declare it as `id`, or drop it: the model can learn rows by heart, or the order in which they were written.",
    ),
    word(
        "target-proxy",
        "one feature predicts the target almost alone",
        "Ask when this feature is known: what is written down after the outcome must go.",
    ),
    word(
        "targets",
        "the targets of the training rows are permuted",
        "Where training on permuted targets still scores, the evaluation sees the targets: look for features made from them, and for rows that are scored by a model that was fitted on them.",
    ),
    word(
        "batch-size",
        "predictions are made in batches of another size",
        "Switch to evaluation mode (`model.eval()`), take statistics from training and not from the batch, and mask padding.",
    ),
    word(
        "batch-composition",
        "a row shares its batch with other rows, or stands elsewhere in it",
        "A prediction may depend on its own row alone: take statistics from training, not from the rows beside it.",
    ),
    word(
        "seed",
        "the predicting stage starts from another seed",
        "Switch off dropout and random augmentation at evaluation.",
    ),
    word(
        "weights",
        "prediction changes the model it was given",
        "Load the model, predict, and write predictions only; running statistics must not be updated in evaluation mode.",
    ),
    word(
        "row-order",
        "the rows of the test data stand in another order",
        "Write each prediction beside the id it was made for, and do not shuffle or sort in between.",
    ),
    word(
        "dropped-rows",
        "some rows of the test data are not there",
        "A row's prediction must not depend on which others are there: take ranks, means and scales from training.",
    ),
    word(
        "doubled-row",
        "one row of the test data stands there twice",
        "Look rows up by id without multiplying them: a merge on a key that occurs twice does.",
    ),
    word(
        "column-order",
        "the columns of the test data stand in another order",
        "Select columns by name, in the order that training used, or refuse a file whose header differs.",
    ),
    word(
        "output-order",
        "the rows of the output do not stand in the promised order",
        "Write predictions in the order of the sample file; ids that are text sort `10` before `2`.",
    ),
    word(
        "double",
        "features are normalised twice",
        "Normalise in one place, in a function that training and inference share.",
    ),
    word(
        "missing",
        "features are not normalised in one of the two paths",
        "Share one function between both paths.",
    ),
    word(
        "other-split",
        "statistics come from other rows than the training rows",
        "Fit on the training rows, save the numbers beside the model, and only apply them at inference.",
    ),
    word(
        "statistics",
        "the saved statistics are not those of the training rows",
        "Save what was fitted, in full precision, and load the same numbers at inference.",
    ),
    word(
        "other-path",
        "the same rows give other features in the inference path",
        "Share one function between both paths, and save what it needs beside the model.",
    ),
    word(
        "moments",
        "normalised features have not the moments they should have",
        "Look at how they are scaled: mean 0 and deviation 1 over the training rows is what was promised.",
    ),
    word(
        "resume",
        "the run stops early and is resumed",
        "Save and load model, optimiser, scheduler, epoch and step, and the states of all generators.",
    ),
    word(
        "kill",
        "the run is killed and resumed",
        "Write a checkpoint to a temporary file beside it and rename it: a half-written one must never stand at its place.",
    ),
    word(
        "order",
        "the order of the data after a resume is not that of the uninterrupted run",
        "Save the state of the generator that shuffles, and the position in the epoch.",
    ),
    word(
        "entries",
        "a checkpoint lacks what is needed to go on",
        "Save it: see the page for what belongs in.",
    ),
    word(
        "again",
        "the stage runs a second time over its own outputs",
        "Open outputs for writing, not for appending, and do not read what an earlier run left.",
    ),
    word(
        "twins",
        "two copies run at the same time",
        "Give temporary files names of their own (`tempfile`), and use no fixed port or path.",
    ),
    word(
        "empty",
        "the data has a header and no rows",
        "Write the header of the output and end with status 0.",
    ),
    word(
        "undeclared",
        "files are written that nobody declared",
        "Declare them as outputs, or write caches and logs below the folder for temporary files.",
    ),
    word(
        "stdout",
        "something is printed on standard output",
        "Print to standard error: standard output belongs to data.",
    ),
    word(
        "epochs",
        "two epochs use the rows in the same order",
        "Seed the generator once, before the first epoch; with a DistributedSampler call `set_epoch`.",
    ),
    word(
        "workers",
        "two workers draw the same numbers or the same rows",
        "Give each worker a seed of its own (`worker_init_fn`), derived from the base seed and its number.",
    ),
    word(
        "ranks",
        "two ranks use the same rows",
        "Shard by rank: a DistributedSampler with the right `rank` and `num_replicas`.",
    ),
    word(
        "claim",
        "the claimed metric lies outside what the seeds give",
        "Report mean, deviation and interval over the seeds, and the seeds.",
    ),
    word(
        "best-run",
        "the claimed metric is that of the best seed alone",
        "Report the mean over all seeds that were run, not the best of them.",
    ),
    word(
        "undecided",
        "the seeds are too few to tell two pipelines apart",
        "Run more seeds: with n pairs an exact test cannot go below 2 / 2^n.",
    ),
    word("floor", "a metric misses its floor", "Mend the training, or lower the promise."),
    word(
        "majority",
        "the model is no better than always naming the most frequent class",
        "Weigh classes or sample them, and promise a metric that sees all of them: balanced accuracy, macro F1.",
    ),
    word(
        "reported",
        "a metric that the program reports is not the recomputed one",
        "Compute it as its name says: say which average, which class is positive, which rows.",
    ),
    word(
        "race",
        "two invocations touch the same memory, one of them writes, and nothing orders them",
        "Put a barrier between the two (`workgroupBarrier` for workgroup memory, `storageBarrier` for storage); between workgroups only another pass helps.",
    ),
    word(
        "same-value-writes",
        "invocations write the same value to the same place",
        "Let one invocation write it, or make it atomic; where it is meant, list it in `allow` with the reason.",
    ),
    word(
        "barrier-divergence",
        "not all invocations of a workgroup reach a barrier",
        "Move the barrier out of the branch: guard the loads and stores, not the barrier.",
    ),
    word(
        "out-of-bounds",
        "an index lies past the end of an array or buffer",
        "Compare the index with `arrayLength` or the array's size before it is used.",
    ),
    word(
        "unset-read",
        "memory is read before anybody wrote it",
        "Write it first, behind a barrier where another invocation reads it; a buffer that holds something before the run, zeros or what is changed in place, gets a `fill`.",
    ),
    word(
        "workgroup-order",
        "workgroups take their turns in another order",
        "Let each workgroup write a place of its own, and add these up in a fixed order by another pass; or add whole numbers.",
    ),
    word(
        "lane-order",
        "the invocations of a workgroup take their turns in another order",
        "Reduce in a tree over workgroup memory with a barrier at each step; take positions from a prefix sum and not from a cursor.",
    ),
    word(
        "interleaving",
        "a workgroup or invocation is interrupted by another between two atomic accesses",
        "Read and write in one step: `atomicAdd`, `atomicMax`, or a loop around `atomicCompareExchangeWeak`.",
    ),
    word(
        "stuck",
        "some wait for ever for others",
        "Do not wait for another workgroup: WGSL does not promise that it runs. Use another pass.",
    ),
    word(
        "split",
        "one dispatch is split into several, one after another",
        "Do not wait for, or count, other workgroups of the dispatch.",
    ),
    word(
        "grid",
        "the kernel strides over another grid",
        "Let each result depend on its own index alone, or fix the number of partial results.",
    ),
    word(
        "workgroup-size",
        "another size of the tile or workgroup",
        "Add in an order that does not follow the tile: one accumulator along the whole sum.",
    ),
    word(
        "rows",
        "only some of the rows are computed",
        "Choose tiles and splits by the size of a row, not by how many rows or workgroups there are.",
    ),
    word(
        "poison",
        "memory whose contents mean nothing holds other bytes",
        "Write every element of the output, the tail as well; clear what is added to.",
    ),
    word(
        "padding",
        "a buffer is larger than declared, with other bytes behind it",
        "Take lengths from the data, not from the size of the buffer.",
    ),
    word(
        "zeroing",
        "workgroup memory is not set to zero before it is used",
        "Write workgroup memory before it is read.",
    ),
    word(
        "bounds-checks",
        "the adapter does not check indices",
        "Keep every index inside its array: see `out-of-bounds`.",
    ),
    word(
        "subgroup-size",
        "subgroups have another number of invocations",
        "Add over the workgroup's memory in a fixed tree, or promise no more than `schedule-independent`.",
    ),
    word(
        "strict-floats",
        "the compiler may neither fuse nor reassociate floats",
        "Promise no more than `schedule-independent`, or write the kernel so that each float result is stored before the next.",
    ),
    word(
        "bound",
        "an adapter is farther from the reference machine than WGSL allows",
        "Look for behaviour that WGSL leaves open (NaN, overflow, shifts), for a fault of the driver, or declare `ulps`.",
    ),
    word(
        "driver-settings",
        "the driver has other settings",
        "Promise no more than `schedule-independent`, or keep to whole numbers and single operations.",
    ),
    word(
        "adapter",
        "another adapter runs the kernel",
        "Promise no more than `schedule-independent`, or keep to whole numbers and single operations.",
    ),
];

/// The word with this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Word> {
    WORDS.iter().find(|word| word.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn words_are_unique_kebab_case_and_no_factors() {
        let names: BTreeSet<&str> = WORDS.iter().map(|word| word.name).collect();
        assert_eq!(names.len(), WORDS.len());
        for word in WORDS {
            assert!(word.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", word.name);
            assert!(super::super::FACTORS.iter().all(|factor| factor.name() != word.name), "{}", word.name);
            assert!(!word.summary.ends_with('.') && word.mend.ends_with('.'), "{}", word.name);
            assert!(!word.mend.contains("  ") && !word.mend.contains('\n'), "{}", word.name);
        }
    }
}
