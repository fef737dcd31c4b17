//! The `reparto` program.

use std::process::ExitCode;

/// Small blocks by the million, made on one thread and freed on another: what this allocator is good at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    reparto::cli::main()
}
