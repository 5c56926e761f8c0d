//! `netlog setup`: what a search engine needs, as files.

use super::{CommandError, Status};
use crate::cli::Setup;
use crate::engine::EngineError;
use crate::logs::FormatSet;
use crate::sink::{SinkError, bulk};
use crate::{plan, schema};
use std::io::Write;

pub(super) fn run(args: &Setup) -> Result<Status, CommandError> {
    let options = plan::search(&args.search)?;
    let formats = FormatSet::load(&args.patterns).map_err(EngineError::from)?;
    let schema = schema::all(&formats)?;
    let written = bulk::write_setup(&args.folder, &schema, &options)
        .map_err(|source| SinkError::Create { path: args.folder.clone(), source })?;
    let mut out = std::io::stdout().lock();
    for target in written {
        writeln!(out, "{}", args.folder.join(target.name()).display())?;
    }
    writeln!(out, "Send each file with PUT to the path that requests.txt names, in its order.")?;
    Ok(Status::Done)
}
