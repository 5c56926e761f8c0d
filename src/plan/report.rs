//! The plan of `report`: the command line over section `[report]` of the configuration file.

use super::{Plan, UsageError, duration, job, parse, value};
use crate::cli;
use crate::config;
use crate::model::{DAY, Severity, Ts};
use crate::nightly::{First, Loud, Window};
use std::path::PathBuf;

/// A report to be made again and again.
pub struct Nightly {
    /// What is read and how.
    pub plan: Plan,
    /// Folder that remembers.
    pub state: PathBuf,
    /// Folder for dated reports.
    pub folder: Option<PathBuf>,
    /// How they are drawn.
    pub formats: Vec<String>,
    /// How long they are kept, nanoseconds.
    pub keep: Ts,
    /// How far back the first run reaches.
    pub first: First,
    /// Only what is new; otherwise what lies in the plan's window.
    pub only_new: bool,
    /// How long something met is not called new, nanoseconds.
    pub baseline: Ts,
    /// When standard output and the hook are told.
    pub loud: Loud,
    /// Shell command that gets the report.
    pub exec: Option<String>,
    /// File for the summary.
    pub json: Option<PathBuf>,
}

impl Nightly {
    /// Plan of `report`. `now` is where spans end.
    ///
    /// # Errors
    /// See [`UsageError`].
    pub fn new(args: &cli::Report, now: Ts) -> Result<Nightly, UsageError> {
        let file = match &args.reading.config {
            Some(path) => config::File::read(path)?.report,
            None => config::Report::default(),
        };
        let span = |option, text: &Option<String>| text.as_deref().map(|t| duration(option, t)).transpose();
        let mut job = job(&args.reading, Some(&args.packets), now)?;
        if job.inputs.is_empty() {
            job.inputs = file.inputs;
        }
        let Some(state) = args.state.clone().or(file.state) else {
            return Err(value("--state", "DIR", "is needed: where should be remembered what was counted?"));
        };
        if job.inputs.is_empty() || job.inputs.iter().any(|input| input == "-") {
            return Err(value(
                "INPUT",
                "",
                "name files, folders or globs that will be there the next time, too",
            ));
        }
        let window = word("--window", args.window.as_deref(), file.window)?.unwrap_or_default();
        let midnight = |back| job.logs.zone.midnight(now, back);
        match window {
            Window::New => {}
            Window::Yesterday => job.window = (midnight(1), midnight(0)),
            Window::Today => job.window = (midnight(0), None),
            Window::Last(nanos) => job.window = (Some(now.saturating_sub(nanos)), None),
        }
        let mut plan = Plan::plain(job, Vec::new());
        plan.fail_on = args.fail_on.or(file.fail_on);
        let formats = if args.formats.is_empty() { file.formats } else { args.formats.clone() };
        Ok(Nightly {
            plan,
            state,
            folder: args.folder.clone().or(file.folder),
            formats: if formats.is_empty() { vec!["html".to_owned()] } else { formats },
            keep: span("--keep", &args.keep)?.or(file.keep).unwrap_or(90 * DAY),
            first: word("--first", args.first.as_deref(), file.first)?.unwrap_or_default(),
            only_new: window == Window::New,
            baseline: span("--baseline", &args.baseline)?.or(file.baseline).unwrap_or(30 * DAY),
            loud: word("--quiet-unless", args.quiet_unless.as_deref(), file.quiet_unless)?
                .unwrap_or_default(),
            exec: args.exec.clone().or(file.exec),
            json: args.json.clone().or(file.json),
        })
    }

    /// A finding worth telling: as severe as `--fail-on`, where that is given.
    pub fn counts(&self, severity: Severity) -> bool {
        self.plan.fail_on.is_none_or(|limit| severity >= limit)
    }
}

fn word<T: std::str::FromStr<Err = String>>(
    option: &'static str,
    given: Option<&str>,
    file: Option<T>,
) -> Result<Option<T>, UsageError> {
    given.map(|text| parse(option, text)).transpose().map(|given| given.or(file))
}
