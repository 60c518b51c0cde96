//! Benchmarks, run by hand: `cargo run --release -p bench -- all`. Each states the machine, the size of its data, the
//! figure, and beside it the ceiling measured in the same run. Results go to `docs/BENCHMARKS.md` by hand.
//!
//! The load generator shares the machine with what it measures, in the ceilings as well as in the product.

mod ceiling;
mod client;
mod desk;
mod imports;
mod intake;
mod keywords;
mod leads;
mod live;
mod machine;
mod reads;

use clap::{Parser, Subcommand};

/// The ceilings are measured with what the desk has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Messages in over HTTP at several numbers of connections, beside the HTTP and the storage ceiling.
    Intake(intake::Options),
    /// Inbox list and ticket detail on a seeded desk, start-up and memory.
    Reads(reads::Options),
    /// Lists, search, board, timeline and summary of a million leads, and of ten thousand.
    Leads(leads::Options),
    /// A table of leads in, alone and beside messages; leads out as CSV and XLSX.
    Imports(imports::Options),
    /// Live sockets that all hear of one message.
    Live(live::Options),
    /// Keyword matching with few and with many keywords.
    Keywords,
    /// A bare handler; started by `intake`, measured as the HTTP ceiling.
    #[command(hide = true)]
    Bare,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Outcome = Result<(), Failure>;

fn main() -> Outcome {
    let cli = Cli::parse();
    if let Command::Bare = cli.command {
        return ceiling::serve_bare();
    }
    machine::print();
    if let Command::Keywords = cli.command {
        return keywords::run();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    match cli.command {
        Command::Intake(o) => runtime.block_on(intake::run(o)),
        Command::Reads(o) => runtime.block_on(reads::run(o)),
        Command::Leads(o) => runtime.block_on(leads::run(o)),
        Command::Imports(o) => runtime.block_on(imports::run(o)),
        Command::Live(o) => runtime.block_on(live::run(o)),
        Command::Bare | Command::Keywords => Ok(()),
    }
}
