//! An examination in words.

use std::fmt;

use super::{Answers, Examination, Verdict, Where};

impl fmt::Display for Examination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "from         {}", self.name.now)?;
        writeln!(f, "to           {}{}", self.name.base_url, self.readable())?;
        writeln!(f, "certificate  {}", self.certificate_line())?;
        self.dns_lines(f)?;
        for task in &self.identity_providers {
            writeln!(f, "tell {}:", task.name)?;
            match task.entity_id == task.new_entity_id {
                true => writeln!(f, "  entity ID    stays {}", task.entity_id)?,
                false => writeln!(f, "  entity ID    a new entry {}", task.new_entity_id)?,
            }
            writeln!(f, "  ACS URL      add {}", task.new_acs_url)?;
            if let Some(url) = &task.new_slo_url {
                writeln!(f, "  logout URL   add {url}")?;
            }
            writeln!(
                f,
                "  metadata     {} (from the change on)",
                task.metadata_url
            )?;
        }
        writeln!(f, "sessions:")?;
        for line in &self.sessions {
            writeln!(f, "  {line}")?;
        }
        for problem in &self.problems {
            writeln!(
                f,
                "In the way: {}.\n  to mend it: {}",
                problem.what, problem.fix
            )?;
        }
        match self.verdict {
            Verdict::NotYet => Ok(()),
            Verdict::Ready => writeln!(f, "Nothing is in the way."),
        }
    }
}

impl Examination {
    fn readable(&self) -> String {
        match self.name.ascii == self.name.unicode {
            true => String::new(),
            false => format!(" ({})", self.name.unicode),
        }
    }

    fn certificate_line(&self) -> String {
        let found = &self.certificate;
        let until = found.until.as_deref().unwrap_or("unknown");
        match (&found.covered_by, found.names.as_slice()) {
            (Some(name), _) => format!("covers it, by the name {name}, until {until}"),
            (None, []) if found.until.is_none() => "unknown here: each server has its own".into(),
            (None, []) => "does not cover it: it has no names".into(),
            (None, names) => format!("does not cover it: it is for {}", names.join(", ")),
        }
    }

    fn dns_lines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Answers { cname, trouble, .. } = &self.dns;
        for name in cname {
            writeln!(f, "DNS          CNAME {name}")?;
        }
        for place in &self.leads_to {
            writeln!(f, "DNS          {}: {}", place.address, leads(place))?;
        }
        match trouble {
            Some(trouble) => writeln!(f, "DNS          {trouble}"),
            None => Ok(()),
        }
    }
}

fn leads(place: &Where) -> String {
    let whose = match (place.here, place.as_now) {
        (true, true) => "this machine, as now",
        (true, false) => "this machine",
        (false, true) => "where the present name leads",
        (false, false) => "another machine",
    };
    match &place.silent {
        None => format!("{whose}; it shows our certificate"),
        Some(why) => format!("{whose}; it does not show our certificate: {why}"),
    }
}
