//! Commands that only print: fields, completions, the manual page.

use super::{CommandError, Status};
use crate::cli::{Cli, Config, Fields};
use crate::config;
use crate::engine::EngineError;
use crate::logs::FormatSet;
use crate::schema;
use crate::sink::escape::text::visible;
use clap::CommandFactory;
use std::io::{self, Write};

/// Every field, one a line: name, type, meaning; or the reference page.
pub(super) fn fields(args: &Fields) -> Result<Status, CommandError> {
    let formats = FormatSet::load(&args.patterns).map_err(EngineError::from)?;
    let schema = schema::all(&formats)?;
    let mut out = io::stdout().lock();
    if args.markdown {
        let mut page = String::new();
        // A string takes everything.
        let _ = schema::docs::fields(&mut page, &schema);
        out.write_all(page.as_bytes())?;
        return Ok(Status::Done);
    }
    for field in schema.fields() {
        writeln!(out, "{}\t{}\t{}", field.name, field.ty.name(), field.doc)?;
    }
    Ok(Status::Done)
}

/// A configuration file: what is wrong with it, or one with the defaults.
pub(super) fn config(command: &Config) -> Result<Status, CommandError> {
    let mut out = io::stdout().lock();
    match command {
        Config::Check { file } => {
            let mistakes = config::File::mistakes(file);
            for mistake in &mistakes {
                anstream::eprintln!("netlog: {}", visible(&mistake.to_string()));
            }
            if !mistakes.is_empty() {
                return Ok(Status::Usage);
            }
            writeln!(out, "{} is sound", file.display())?;
        }
        Config::Show => out.write_all(config::DEFAULT.as_bytes())?,
    }
    Ok(Status::Done)
}

/// The completion script of a shell.
pub(super) fn completions(shell: clap_complete::Shell) -> Result<Status, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "netlog", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(Status::Done)
}

/// The manual: the program's page, then one section a command.
pub(super) fn man() -> Result<Status, CommandError> {
    let mut page = Vec::new();
    let command = Cli::command();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for sub in command.get_subcommands().filter(|c| !c.is_hide_set()) {
        clap_mangen::Man::new(sub.clone().name(format!("netlog-{}", sub.get_name()).leak() as &str))
            .render(&mut page)?;
    }
    io::stdout().lock().write_all(&page)?;
    Ok(Status::Done)
}
