//! `sso-connect migrate plan`: what is left to do until this server has taken over.

mod checks;
mod step;
mod view;

use serde::Serialize;

use super::{Context, to_json};
use crate::args::{MigrateCommand, Output, PlanArgs};
use crate::failure::Failure;
use checks::CHECKS;
use step::Step;
use view::View;

pub(super) async fn run(context: &Context, command: &MigrateCommand) -> Result<(), Failure> {
    let MigrateCommand::Plan(args) = command;
    let view = View::gather(context, args).await?;
    let plan = Plan::of(&view);
    context.print(&match args.output {
        Output::Json => to_json(&plan)?,
        Output::Text => plan.text(),
    })?;
    match plan.left() {
        0 => Ok(()),
        left => Err(open(left, args)),
    }
}

/// The steps for one domain, seen from one server.
#[derive(Debug, Serialize)]
struct Plan {
    /// The name of the domain; nothing if the server belongs to none.
    domain: Option<String>,
    /// The name of this server.
    server: Option<String>,
    /// Whether every step is done.
    done: bool,
    steps: Vec<Step>,
}

impl Plan {
    fn of(view: &View) -> Self {
        let steps: Vec<_> = CHECKS.iter().filter_map(|check| check(view)).collect();
        Self {
            domain: view.settings.as_ref().map(|it| it.domain.clone()),
            server: view.settings.as_ref().map(|it| it.server.clone()),
            done: steps.iter().all(Step::is_done),
            steps,
        }
    }

    fn left(&self) -> usize {
        self.steps.iter().filter(|step| !step.is_done()).count()
    }

    fn text(&self) -> String {
        let title = match (&self.domain, &self.server) {
            (Some(domain), Some(server)) => {
                format!("Moving the domain {domain} to this server, {server}:\n\n")
            }
            _ => "Moving to this server:\n\n".into(),
        };
        let steps: String = self.steps.iter().map(Step::text).collect();
        let (all, left) = (self.steps.len(), self.left());
        let end = match left {
            0 => format!("\nAll {all} steps are done.\n"),
            _ => format!("\n{} of {all} steps are done.\n", all - left),
        };
        title + &steps + &end
    }
}

fn open(left: usize, args: &PlanArgs) -> Failure {
    let option = |name, value: &Option<String>| {
        let given = value.as_ref().map(|it| format!(" --{name} {it}"));
        given.unwrap_or_default()
    };
    let again = format!(
        "sso-connect migrate plan{}{}",
        option("from", &args.from),
        option("hostname", &args.hostname)
    );
    let what = match left {
        1 => "one step is left".to_owned(),
        _ => format!("{left} steps are left"),
    };
    Failure::refused(what, format!("what is said above, then again: {again}"))
}

#[cfg(test)]
mod tests;
