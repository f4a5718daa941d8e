import { CountWindow } from './count-window.ts';
import { HoppingWindow } from './hopping-window.ts';
import { ListWindow } from './list-window.ts';
import { SessionWindow } from './session-window.ts';
import { SlidingWindow } from './sliding-window.ts';
import { StateWindow } from './state-window.ts';
import { TumblingWindow } from './tumbling-window.ts';
import type { WindowOperator, WindowSetup } from './types.ts';

/** A window of the type its spec names. */
export function createWindow<T>(setup: WindowSetup<T>): WindowOperator<T> {
  switch (setup.spec.type) {
    case 'tumbling':
      return new TumblingWindow(setup);
    case 'hopping':
      return new HoppingWindow(setup);
    case 'sliding':
      return new SlidingWindow(setup);
    case 'session':
      return new SessionWindow(setup);
    case 'count':
      return new CountWindow(setup);
    case 'state':
      return new StateWindow(setup);
    case 'list':
      return new ListWindow(setup);
  }
}
