//! `reparto completions`: scripts that complete commands and flags in a shell.

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::{Shell, generate};

use super::Cli;
use super::exit::{FINE, Failure};
use super::terminal::Terminal;

/// `reparto completions …`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  reparto completions bash > /etc/bash_completion.d/reparto
  reparto completions zsh  > \"${fpath[1]}/_reparto\"
  reparto completions fish > ~/.config/fish/completions/reparto.fish
The next shell that is opened completes what follows `reparto`.")]
pub struct CompletionsArgs {
    /// The shell
    pub shell: ShellWord,
}

/// Shells for which there are scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShellWord {
    /// GNU Bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
}

/// Runs the command.
///
/// # Errors
/// When the output cannot be written.
pub fn run(args: &CompletionsArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    terminal.out.write_all(&script(args.shell))?;
    Ok(FINE)
}

fn script(shell: ShellWord) -> Vec<u8> {
    let shell = match shell {
        ShellWord::Bash => Shell::Bash,
        ShellWord::Zsh => Shell::Zsh,
        ShellWord::Fish => Shell::Fish,
    };
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    // First into memory: the generator does not expect that writing can fail.
    let mut script = Vec::new();
    generate(shell, &mut command, name, &mut script);
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_script_knows_every_command() {
        for shell in ShellWord::value_variants() {
            let script = String::from_utf8(script(*shell)).expect("scripts are text");
            for command in Cli::command().get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell:?} lacks {}", command.get_name());
                for below in command.get_subcommands() {
                    assert!(script.contains(below.get_name()), "{shell:?} lacks {}", below.get_name());
                }
            }
            assert!(script.contains("--data-dir") || script.contains("data-dir"), "{shell:?} lacks flags");
        }
    }
}
