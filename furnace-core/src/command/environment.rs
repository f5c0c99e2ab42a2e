//! A command's environment: the caller's, with changes.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    cleared: bool,
    /// What is set, and what is removed.
    changes: BTreeMap<OsString, Option<OsString>>,
}

impl Environment {
    pub(super) fn set(&mut self, name: &OsStr, value: &OsStr) {
        self.changes.insert(name.to_owned(), Some(value.to_owned()));
    }

    pub(super) fn remove(&mut self, name: &OsStr) {
        self.changes.insert(name.to_owned(), None);
    }

    /// Whether it was set, or removed by its name.
    pub(super) fn decides_on(&self, name: &OsStr) -> bool {
        self.changes.contains_key(name)
    }

    pub(super) fn clear(&mut self) {
        self.cleared = true;
        self.changes.clear();
    }

    /// The environment as of now: what is inherited in the caller's order, then what is set.
    pub(super) fn resolve(&self) -> Vec<(OsString, OsString)> {
        let inherited = (!self.cleared).then(std::env::vars_os).into_iter().flatten();
        let set = self.changes.iter();
        let set = set.filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
        inherited
            .filter(|(name, _)| !self.decides_on(name))
            .chain(set)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Environment;

    #[test]
    fn what_is_set_after_a_clear_is_all_there_is() {
        let mut environment = Environment::default();
        environment.set("A".as_ref(), "1".as_ref());
        environment.clear();
        environment.set("B".as_ref(), "2".as_ref());
        environment.set("C".as_ref(), "3".as_ref());
        environment.remove("C".as_ref());
        assert_eq!(environment.resolve(), [("B".into(), "2".into())]);
    }

    #[test]
    fn the_callers_is_inherited_but_for_what_is_removed() {
        let mut environment = Environment::default();
        let inherited: Vec<_> = std::env::vars_os().collect();
        assert_eq!(environment.resolve(), inherited);
        environment.remove("PATH".as_ref());
        environment.set("HOME".as_ref(), "/nowhere".as_ref());
        let others = inherited
            .into_iter()
            .filter(|(name, _)| name != "PATH" && name != "HOME");
        let expected: Vec<_> = others.chain([("HOME".into(), "/nowhere".into())]).collect();
        assert_eq!(environment.resolve(), expected);
    }
}
