//! What points there are.

use rps_plugin_abi as abi;

use crate::library::check_id;

/// A point, as people are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointInfo {
    /// Its name.
    pub name: String,
    /// The revision of its interface.
    pub revision: u32,
    /// What it is for.
    pub description: String,
    /// The plugin that defined it; nothing for those of the host.
    pub plugin: Option<String>,
}

/// A point of the host: its name, and what it is for. All have revision 1.
pub(crate) const BUILT_IN_POINTS: [(&str, &str); 13] = [
    (abi::point::FUNCTION, "functions and methods that programs call"),
    (abi::point::SERVICE, "services: bytes in, bytes out"),
    (abi::point::COMMAND, "commands of the prompt"),
    (abi::point::PAYLOAD_TYPE, "types of native data that objects hold"),
    (abi::point::STATE, "states that are saved and restored with the store"),
    (abi::point::CODEC, "codecs of space files"),
    (abi::point::VALIDATOR, "checks of a store that was loaded"),
    (abi::point::DUMP_HOOK, "what is told of dumps, and may refuse them"),
    (abi::point::TASK, "tasks of the agenda"),
    (abi::point::EVENT_HOOK, "what is told of events"),
    (abi::point::VIEW, "views of values"),
    (abi::point::INTRINSIC, "functions of C that machine code calls directly"),
    (abi::point::TIER, "execution tiers"),
];

/// A point that a plugin defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) revision: u32,
    pub(crate) description: String,
    pub(crate) functions: u32,
    pub(crate) required: u64,
    pub(crate) plugin: String,
}

impl Definition {
    /// Makes sure that a plugin may define it.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        let wrong = |problem: String| Err(("plugin::point-definition", problem));
        if let Err(problem) = check_id(&self.name) {
            return wrong(format!("its name {problem}"));
        }
        let is_own = self.name.strip_prefix(&*self.plugin).is_some_and(|rest| rest.starts_with('.'));
        if !is_own {
            return wrong(format!("the name of a point of this plugin begins with `{}.`", self.plugin));
        }
        if self.functions == 0 || self.functions > 64 {
            return wrong(format!("it has {} functions; a point has 1 to 64", self.functions));
        }
        if self.functions < 64 && self.required >> self.functions != 0 {
            return wrong("functions are required that it does not have".into());
        }
        Ok(())
    }

    /// Returns whether two plugins mean the same: then defining it twice is no error (RPS-20).
    pub(crate) fn is_same_interface(&self, other: &Definition) -> bool {
        (self.revision, self.functions, self.required) == (other.revision, other.functions, other.required)
    }
}
