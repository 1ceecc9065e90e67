//! The objects that the runtime itself knows, by oid.
//!
//! Where RefPerSys has an object of the same meaning, the oid is its own, so that its stores join without mapping. A
//! runtime makes the classes of this list when it is made, as transient objects: a store that holds them fills them
//! in, one that does not works all the same, and nothing that a user did not ask for gets into a dump.

use crate::oid::Oid;

/// A class that the runtime makes: its oid, its symbol's oid, its name and its superclass.
pub struct KnownClass {
    /// The class.
    pub class: Oid,
    /// The symbol that names it.
    pub symbol: Oid,
    /// The name.
    pub name: &'static str,
    /// The superclass.
    pub superclass: Oid,
}

macro_rules! known_classes {
    ($($constant:ident $name:literal $class:literal $symbol:literal < $super:ident;)*) => {
        $(
            #[doc = concat!("The class `", $name, "`.")]
            pub const $constant: Oid = Oid::known($class);
        )*

        /// The classes that every runtime has, superclasses first.
        pub const CLASSES: &[KnownClass] = &[
            $(KnownClass { class: $constant, symbol: Oid::known($symbol), name: $name, superclass: $super },)*
        ];
    };
}

known_classes! {
    VALUE "value" "_6XLY6QfcDre02922jz" "@value" < VALUE;
}
