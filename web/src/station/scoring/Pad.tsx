import { classes } from "../../design/classes";
import type { Action, Group } from "../../sports/shared/scoring/actions";
import { keysOn, legend, legends } from "./keys";
import styles from "./Pad.module.css";

/** Everything that can be entered now: a button for each, with the key that does the same. */
export function Pad({ groups, onPress }: { groups: readonly Group[]; onPress: (action: Action) => void }) {
  return (
    <div class={styles.pad}>
      {groups.map(
        ({ title, actions }, index) =>
          actions.length > 0 && (
            <section
              key={`${index}.${title}`}
              class={classes(styles.group, actions[0]?.side !== undefined && styles.side)}
              aria-label={title}
            >
              <h2>{title}</h2>
              <div class={styles.keys}>
                {actions.map((action) => (
                  <Key key={action.id} action={action} onPress={onPress} />
                ))}
              </div>
            </section>
          ),
      )}
    </div>
  );
}

function Key({ action, onPress }: { action: Action; onPress: (action: Action) => void }) {
  return (
    <button
      type="button"
      class={classes(
        styles.key,
        styles[action.tone ?? "plain"],
        action.big && styles.big,
        action.third && styles.third,
      )}
      aria-keyshortcuts={
        keysOn.value && action.key ? `${action.shift ? "Shift+" : ""}${action.key.toUpperCase()}` : undefined
      }
      onClick={(event) => {
        // A finger or a mouse leaves no focus behind, so that the space bar is the clock's again.
        if (event.detail > 0) event.currentTarget.blur();
        onPress(action);
      }}
    >
      <span>{action.label}</span>
      {legends.value && action.key !== undefined && (
        <span class={styles.legend} aria-hidden="true">
          {legend(action)}
        </span>
      )}
    </button>
  );
}
