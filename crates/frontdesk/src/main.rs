//! The one binary.

/// A request makes many small allocations on two kinds of threads: what one thread takes another gives back. SQLite's come
/// from here too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    frontdesk::cli::run()
}
