//! `reparto rules`: writes, checks, tries and applies rule files; one file a command.

use clap::Subcommand;

mod answers;
mod apply;
mod check;
mod diff;
mod diff_text;
mod explain_code;
mod facts;
mod fix;
mod fmt;
mod graph;
mod history;
mod persons;
mod putting;
mod rollback;
mod roster;
mod route;
mod schema;
mod shadow;
mod show;
mod test;

use super::exit::Failure;
use super::terminal::Terminal;
pub use check::{CheckArgs, Format};
pub use fmt::FmtArgs;
pub use graph::GraphArgs;
pub use route::RouteArgs;
pub use schema::SchemaArgs;
pub use show::ShowArgs;
pub use test::TestArgs;

/// `reparto rules …`
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Checks rule files: every problem in one run, with its place and a way to mend it
    Check(CheckArgs),
    /// Mends what can be mended without asking, and prints the changes
    Fix(fix::FixArgs),
    /// Plays the tests of rule files and says what they reach
    Test(TestArgs),
    /// Shows what a rule file would do to a running account
    Diff(diff::DiffArgs),
    /// Puts a rule file in force in a running account: checked, compared, confirmed
    Apply(apply::ApplyArgs),
    /// Lists the rule sets that were in force: when, by whom and why
    History(history::HistoryArgs),
    /// Puts an earlier version in force again
    Rollback(rollback::RollbackArgs),
    /// A rule set that decides beside the live one and acts on nothing: how near it comes, and its end
    Shadow(shadow::ShadowArgs),
    /// Says where a dialog would go: by rules in a file, or on a running server
    Route(Box<RouteArgs>),
    /// Lists what conditions may ask about a dialog, with types and meanings
    Facts,
    /// Explains the code of a problem, such as R204
    ExplainCode {
        /// The code as `rules check` prints it in brackets
        code: String,
    },
    /// Writes rule files in canonical form, or checks that they are
    Fmt(FmtArgs),
    /// Draws what is asked of a dialog in which order, and what follows: Mermaid, Graphviz or SVG
    Graph(GraphArgs),
    /// Prints the JSON Schema by which editors complete, explain and check rule files
    Schema(SchemaArgs),
    /// Prints all that is in effect: what was written, and every default with a mark
    Show(ShowArgs),
}

/// Runs the command.
///
/// # Errors
/// A path that cannot be read, a code that does not exist, a server that does not answer.
pub async fn run(command: RulesCommand, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    match command {
        RulesCommand::Check(args) => check::run(&args, terminal).await,
        RulesCommand::Fix(args) => fix::run(&args, terminal),
        RulesCommand::Test(args) => test::run(&args, terminal),
        RulesCommand::Diff(args) => diff::run(&args, terminal).await,
        RulesCommand::Apply(args) => apply::run(&args, terminal).await,
        RulesCommand::History(args) => history::run(&args, terminal).await,
        RulesCommand::Rollback(args) => rollback::run(&args, terminal).await,
        RulesCommand::Shadow(args) => shadow::run(&args, terminal).await,
        RulesCommand::Route(args) => route::run(&args, terminal).await,
        RulesCommand::Facts => facts::run(terminal),
        RulesCommand::ExplainCode { code } => explain_code::run(&code, terminal),
        RulesCommand::Fmt(args) => fmt::run(&args, terminal),
        RulesCommand::Graph(args) => graph::run(&args, terminal),
        RulesCommand::Schema(args) => schema::run(&args, terminal),
        RulesCommand::Show(args) => show::run(&args, terminal),
    }
}
