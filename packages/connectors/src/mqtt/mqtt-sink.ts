/**
 * Sink `mqtt`: publishes each output. Source: behaviour spec, io §15.1.
 *
 * With QoS 1 and 2 an output is safe when the broker has acknowledged it, with QoS 0 when it has been written.
 */
import { prop, type PropSchema, type Props } from '@kuiper/base';
import {
  type ConnectionDeclaration,
  type ConnectionLease,
  defineSink,
  type ItemProps,
  type OpenSink,
  type SinkContext,
  type SinkDeclaration,
  type SinkItems,
  SinkWriteError,
} from '@kuiper/sdk';
import { connectorErrors } from '../errors.ts';
import { stringMap } from '../http/http-request.ts';
import { hasWildcard } from '../topic-filter.ts';
import type { MqttConnection } from './mqtt-connection.ts';
import { checkMqttConnection, mqttClientProps } from './mqtt-properties.ts';
import { encodeUserProperties, type PublishShape } from './publish-encoder.ts';

const props = {
  ...mqttClientProps,
  topic: prop.string({
    default: '',
    example: 'devices/result',
    label: { en: 'Topic', zh: '主题' },
    about: { en: 'Where to publish; may be a template.', zh: '发布的主题，可以使用模板。' },
  }),
  qos: prop.int({
    default: 0,
    options: [0, 1, 2],
    label: { en: 'QoS', zh: 'QoS' },
    about: { en: 'Quality of service of the messages.', zh: '消息的服务质量。' },
  }),
  retained: prop.bool({
    default: false,
    label: { en: 'Retained', zh: '保留消息' },
    about: { en: 'The broker keeps the last message of each topic.', zh: '服务器保留每个主题的最后一条消息。' },
  }),
  properties: prop.map({
    default: {},
    advanced: true,
    label: { en: 'User properties', zh: '用户属性' },
    about: { en: 'User properties of the messages; MQTT 5.', zh: '消息的用户属性，用于 MQTT 5。' },
  }),
};

type MqttSinkProps = Props<typeof props>;

const noProperties = Buffer.alloc(0);

export function mqttSink(connection: ConnectionDeclaration<PropSchema, MqttConnection>): SinkDeclaration {
  return defineSink({
    type: 'mqtt',
    about: { en: 'Publishes each output to an MQTT broker.', zh: '将每条结果发布到 MQTT 服务器。' },
    accepts: 'bytes',
    props,
    dynamic: ['topic', 'properties.*'],
    check(p) {
      checkMqttConnection(p);
      if (p.topic === '') throw connectorErrors.MQTT_SINK_TOPIC();
      if (hasWildcard(p.topic)) throw connectorErrors.MQTT_SINK_WILDCARD();
      if (p.qos !== 0 && p.qos !== 1 && p.qos !== 2) throw connectorErrors.MQTT_QOS(p.qos);
      stringMap('properties', p.properties);
    },
    open(context, p) {
      const lease = context.connections.acquire(connection, p, context.status.bind(context));
      return new MqttSink(context, p, lease);
    },
  });
}

class MqttSink implements OpenSink {
  readonly #lease: ConnectionLease<MqttConnection>;
  readonly #removePublisher: () => void;
  readonly #shape: PublishShape;
  readonly #topic: Buffer;
  readonly #configuredProperties: Readonly<Record<string, string>>;
  readonly #properties: Buffer;

  constructor(context: SinkContext, p: MqttSinkProps, lease: ConnectionLease<MqttConnection>) {
    this.#lease = lease;
    this.#removePublisher = lease.connection.addPublisher();
    const isVersion5 = lease.connection.level === 5;
    this.#shape = { qos: p.qos as 0 | 1 | 2, retained: p.retained, isVersion5 };
    this.#topic = Buffer.from(p.topic);
    this.#configuredProperties = stringMap('properties', p.properties);
    const hasProperties = Object.keys(p.properties).length > 0;
    this.#properties = hasProperties && isVersion5 ? encodeUserProperties(this.#configuredProperties) : noProperties;
    if (hasProperties && !isVersion5) context.logger.warn('mqtt user properties need protocol version 5, ignored');
  }

  write(items: SinkItems): Promise<void> | undefined {
    if (items.kind !== 'bytes') throw new SinkWriteError('mqtt takes bytes', { index: 0, recoverable: false });
    const { payloads, props: dynamic } = items;
    if (dynamic === null) {
      const topic = (): Buffer => this.#topic;
      const properties = (): Buffer => this.#properties;
      return this.#lease.connection.publish(this.#shape, { payloads, topic, properties });
    }
    const topics = dynamic.map((one) => this.#topicOf(one));
    const wrong = topics.findIndex((topic) => topic.length === 0 || topic.includes('#') || topic.includes('+'));
    const send = (count: number): Promise<void> | undefined => {
      const properties = this.#shape.isVersion5 ? dynamic.map((one) => this.#propertiesOf(one)) : null;
      return this.#lease.connection.publish(this.#shape, {
        payloads: count === payloads.length ? payloads : payloads.slice(0, count),
        topic: (i) => topics[i] as Buffer,
        properties: (i) => (properties === null ? noProperties : (properties[i] as Buffer)),
      });
    };
    if (wrong === -1) return send(payloads.length);
    return this.#sendThenFail(send(wrong), wrong, (topics[wrong] as Buffer).toString());
  }

  async close(): Promise<void> {
    this.#removePublisher();
    await this.#lease.release();
  }

  /** The items before the one with the bad topic are published first. */
  async #sendThenFail(sent: Promise<void> | undefined, index: number, topic: string): Promise<void> {
    await sent;
    throw new SinkWriteError(`invalid mqtt topic ${JSON.stringify(topic)}`, { index, recoverable: false });
  }

  #topicOf(dynamic: ItemProps): Buffer {
    const topic = dynamic?.['topic'];
    return topic === undefined ? this.#topic : Buffer.from(topic);
  }

  #propertiesOf(dynamic: ItemProps): Buffer {
    if (dynamic === null) return this.#properties;
    const rendered: Record<string, string> = {};
    for (const [name, value] of Object.entries(this.#configuredProperties)) {
      rendered[name] = dynamic[`properties.${name}`] ?? value;
    }
    return encodeUserProperties(rendered);
  }
}
