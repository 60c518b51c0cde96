//! `frontdesk`, built beside the tests that run it as a process.

fn main() -> std::process::ExitCode {
    frontdesk::cli::run()
}
