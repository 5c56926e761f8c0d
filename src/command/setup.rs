//! `netlog setup`: what a search engine needs, as files or onto a server.

use super::{CommandError, Status};
use crate::cli::Setup;
use crate::engine::EngineError;
use crate::load::{self, Client};
use crate::logs::FormatSet;
use crate::sink::{SinkError, bulk};
use crate::{plan, schema};
use std::io::Write;

pub(super) fn run(args: &Setup) -> Result<Status, CommandError> {
    let options = plan::search(&args.search)?;
    let formats = FormatSet::load(&args.patterns).map_err(EngineError::from)?;
    let schema = schema::all(&formats)?;
    let mut out = std::io::stdout().lock();
    if let Some(folder) = &args.folder {
        let written = bulk::write_setup(folder, &schema, &options)
            .map_err(|source| SinkError::Create { path: folder.clone(), source })?;
        for target in written {
            writeln!(out, "{}", folder.join(target.name()).display())?;
        }
        writeln!(out, "{}", folder.join("dashboards").display())?;
        writeln!(
            out,
            "Send each file with PUT to the path that requests.txt names, in its order; alerts with POST."
        )?;
        writeln!(
            out,
            "Import dashboards/dashboards.ndjson into Kibana or OpenSearch Dashboards (Saved objects)."
        )?;
    }
    if let Some(url) = &args.url {
        let client = Client::new(&plan::connection(url, &args.server)?)?;
        let target = load::target(&client)?;
        for note in load::install(&client, &schema, &options, false)? {
            anstream::eprintln!("netlog: {note}");
        }
        writeln!(out, "{} is {target}; the templates are installed", client.url)?;
    }
    Ok(Status::Done)
}
