//! `reparto rules schema`: rule files as a JSON Schema, for editors.

use clap::Args;

use crate::cli::exit::{FINE, Failure};
use crate::cli::terminal::Terminal;
use crate::rules::language::schema::schema;

/// `reparto rules schema …`
#[derive(Debug, Args)]
#[command(after_help = "\
Editors that know TOML through Taplo (VS Code with Even Better TOML, Neovim, Helix, Zed, Emacs) complete keys
and words, show what each key means, and underline what cannot be, once they have the schema:

  reparto rules schema > rules/reparto.schema.json

and, as the first line of each rule file, with the path as seen from the file:

  #:schema ./reparto.schema.json

Or for a whole folder, in .taplo.toml at the top of the project:

  [[rule]]
  include = [\"rules/*.toml\"]
  schema  = { path = \"./rules/reparto.schema.json\" }

Then also on the command line:  taplo lint rules/*.toml

The schema sees keys, types, words, limits and forms; what takes the whole file to see, such as a rule that
nothing can reach, only `reparto rules check` finds.

Exit codes:
  0  printed
  2  could not be written")]
pub struct SchemaArgs {
    /// Prints it in one line
    #[arg(long)]
    pub compact: bool,
}

/// Runs the command.
///
/// # Errors
/// When the output cannot be written.
pub fn run(args: &SchemaArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let schema = schema();
    if args.compact {
        writeln!(terminal.out, "{schema}")?;
    } else {
        writeln!(terminal.out, "{schema:#}")?;
    }
    Ok(FINE)
}
