import { Dialog } from "../../design/Dialog";
import type { Group } from "../../sports/shared/scoring/actions";
import { keysOn, legend, setKeys } from "./keys";
import styles from "./Scorer.module.css";

/** Which keys do what, and whether they do. */
export function Help({
  open,
  groups,
  timed,
  onClose,
}: {
  open: boolean;
  groups: readonly Group[];
  timed: boolean;
  onClose: () => void;
}) {
  return (
    <Dialog title="Keys" open={open} onClose={onClose}>
      <div class={styles.help}>
        <label class={styles.switch}>
          <input
            type="checkbox"
            checked={keysOn.value}
            onChange={(event) => setKeys(event.currentTarget.checked)}
          />
          Single keys enter something
        </label>
        <dl>
          {timed && (
            <div>
              <dt>Start or stop the clock</dt>
              <dd>
                <kbd>Space</kbd>
              </dd>
            </div>
          )}
          <div>
            <dt>Undo, as a correction</dt>
            <dd>
              <kbd>Ctrl</kbd> <kbd>Z</kbd>
            </dd>
          </div>
          <div>
            <dt>Write commentary</dt>
            <dd>
              <kbd>/</kbd>
            </dd>
          </div>
          <div>
            <dt>These keys</dt>
            <dd>
              <kbd>?</kbd>
            </dd>
          </div>
        </dl>
        {groups.map(
          ({ title: name, actions }) =>
            actions.length > 0 && (
              <section key={name}>
                <h3>{name}</h3>
                <dl>
                  {actions.map((action) => (
                    <div key={action.id}>
                      <dt>{action.label}</dt>
                      <dd>
                        <kbd>{legend(action)}</kbd>
                      </dd>
                    </div>
                  ))}
                </dl>
              </section>
            ),
        )}
        <p>
          <kbd>⇧</kbd> is the shift key: the same letter for the other side. In a list of players, type a
          number or a part of the name, then <kbd>Enter</kbd>; <kbd>Enter</kbd> alone leaves the name out.
        </p>
      </div>
    </Dialog>
  );
}
