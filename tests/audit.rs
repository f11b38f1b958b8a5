//! Every case under `cases/` as a test: bad variants must be caught for the named reason, good ones must hold.

fn main() -> std::process::ExitCode {
    driftless::trial::main("cases")
}
