//! `reparto config`: the settings in force, and all there are.

use clap::Subcommand;

use super::exit::{FINDINGS, FINE, Failure};
use super::settings::AllSettings;
use super::terminal::Terminal;
use crate::config::{Config, show};

/// `reparto config …`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Prints the settings in force as a file, with who set each; exit code 1 when some mean nothing
    #[command(after_help = "\
Examples:
  reparto config show > reparto.toml       A complete file to begin with
  reparto config show --config prod.toml   What `serve` would use with this file
Tokens and other secrets are never printed.")]
    Show(AllSettings),
    /// Prints all settings as a Markdown table: key, flag, variable, default, meaning
    List,
}

/// Runs the command.
///
/// # Errors
/// Settings that cannot be read.
pub fn run(command: ConfigCommand, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    match command {
        ConfigCommand::Show(settings) => {
            let gathered = settings.gather()?;
            let text =
                show::effective_file(&gathered.typed, gathered.admin_token.is_some(), &gathered.retailcrm);
            terminal.out.write_all(text.as_bytes())?;
            for warning in &gathered.warnings {
                writeln!(terminal.err, "warning: {warning}")?;
            }
            match Config::from_typed(&gathered.typed) {
                Ok(_) => Ok(FINE),
                Err(problems) => {
                    writeln!(terminal.err, "{}", Failure::from(problems))?;
                    Ok(FINDINGS)
                }
            }
        }
        ConfigCommand::List => {
            terminal.out.write_all(show::markdown().as_bytes())?;
            Ok(FINE)
        }
    }
}
