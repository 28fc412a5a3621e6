"""The GLSL of the renderer: shadows from every lamp, one pass that shades, one for the ground."""

SHADOW_VERTEX = """
#version 330
uniform mat4 clip;
in vec3 position;
in vec2 texcoord;
out vec2 uv;
void main() { gl_Position = clip * vec4(position, 1.0); uv = texcoord; }
"""

SHADOW_FRAGMENT = """
#version 330
uniform sampler2D picture;
uniform bool textured;
in vec2 uv;
void main() { if (textured && texture(picture, uv).a < 0.5) discard; }
"""

VERTEX = """
#version 330
uniform mat4 clip;
in vec3 position;
in vec3 normal;
in vec2 texcoord;
out vec3 world;
out vec3 facing;
out vec2 uv;
void main() {
    gl_Position = clip * vec4(position, 1.0);
    world = position;
    facing = normal;
    uv = texcoord;
}
"""

LAMPS = """
#version 330
const int MOST = 64;
uniform sampler2DShadow shadows;
uniform int lamps;
uniform int tiles;          // shadow maps lie in one square of tiles x tiles
uniform vec3 lamp[MOST];
uniform float weight[MOST];
uniform mat4 lamp_clip[MOST];

float lit(int i, vec3 at) {
    vec3 seen = (lamp_clip[i] * vec4(at, 1.0)).xyz * 0.5 + 0.5;
    if (any(lessThan(seen.xy, vec2(0.0))) || any(greaterThan(seen.xy, vec2(1.0)))) return 1.0;
    vec2 corner = vec2(i % tiles, i / tiles);
    return texture(shadows, vec3((corner + seen.xy) / float(tiles), seen.z - 0.0015));
}

vec3 encode(vec3 c) {
    return mix(c * 12.92, 1.055 * pow(max(c, 1e-6), vec3(1.0 / 2.4)) - 0.055, step(0.0031308, c));
}
"""

FRAGMENT = (
    LAMPS
    + """
uniform sampler2D picture;
uniform bool textured;
uniform bool blended;
uniform vec3 diffuse;
uniform float specular;
uniform float roughness;
uniform float opacity;
uniform vec3 eye;
uniform mat3 studio;        // world to camera axes that do not tilt
uniform float bias;
uniform vec3 dye;           // linear; with `dyed` below zero nothing is dyed
uniform float dyed;         // mean luma of what is dyed in the twin
in vec3 world;
in vec3 facing;
in vec2 uv;
layout(location = 0) out vec4 colour;
layout(location = 1) out vec4 twin;     // the same, but for what is dyed

float box(vec3 d, vec3 centre, vec2 size, float soft) {
    vec3 c = normalize(centre);
    vec3 a = normalize(cross(vec3(0, 1, 0), c));
    vec3 p = vec3(dot(d, a), dot(d, cross(c, a)), dot(d, c));
    if (p.z <= 0.0) return 0.0;
    vec2 edge = smoothstep(size + soft, size - soft, abs(p.xy / p.z));
    return edge.x * edge.y;
}

float room(vec3 d, float rough) {   // what a mirror would show, blurred by roughness
    float soft = 0.03 + rough;
    float walls = mix(0.45, 1.0, smoothstep(-0.3 - rough, 0.9, d.y));
    float paper = 0.55 * smoothstep(0.05 + soft, -0.5 - soft, d.y);
    float dim = 1.0 / (1.0 + 4.0 * rough);
    return walls * 0.75 + paper
        + 5.0 * dim * box(d, vec3(-0.55, 0.75, 0.60), vec2(0.42, 0.42), soft)
        + 2.2 * dim * box(d, vec3(0.85, 0.30, 0.40), vec2(0.16, 0.55), soft)
        + 1.5 * dim * box(d, vec3(0.50, 0.60, -0.7), vec2(0.40, 0.25), soft);
}

vec3 linear(vec3 c) {
    return mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), step(0.04045, c));
}
vec3 shoulder(vec3 c) {             // highlights roll off instead of clipping
    vec3 over = max(c - 0.72, 0.0);
    return min(c, 0.72) + over / (1.0 + over / 0.28);
}

vec3 redyed(vec3 albedo) {          // another colour, the same pattern
    float luma = dot(albedo, vec3(0.2126, 0.7152, 0.0722));
    return clamp(dye * (luma + 0.02) / (dyed + 0.02), 0.0, 1.0);
}
vec4 seen(vec3 albedo, float body, float shine, float metal, float alpha) {
    float brightest = max(max(albedo.r, albedo.g), max(albedo.b, 0.05));
    vec3 tint = mix(vec3(1.0), albedo / brightest, metal);  // brass shines in brass
    vec3 light = (albedo * body + shine * tint) / max(alpha, 0.004);
    return vec4(encode(shoulder(light)) * alpha, alpha);
}

void main() {
    vec4 base = textured ? texture(picture, uv) : vec4(diffuse, 1.0);
    if (base.a < (blended ? 0.004 : 0.99) || (blended && base.a * opacity >= 0.99)) discard;
    vec3 albedo = linear(base.rgb / max(base.a, 0.004));   // textures are premultiplied
    vec3 toward = normalize(eye - world);
    vec3 face = normalize(cross(dFdx(world), dFdy(world)));
    face = dot(face, toward) < 0.0 ? -face : face;         // thin sheets have two sides
    vec3 n = length(facing) > 0.0 ? normalize(facing) : face;
    n = dot(n, face) < 0.0 ? -n : n;

    float light = 0.0, all = 0.0, open = 0.0;
    vec3 at = world + face * bias;
    for (int i = 0; i < lamps; i++) {
        float share = weight[i] * max(dot(n, lamp[i]), 0.0);
        float shown = share > 0.0 ? lit(i, at) : 0.0;
        light += share * shown;
        all += share;
    }
    open = light / max(all, 1e-4);
    float metal = smoothstep(0.55, 1.0, specular);
    float f0 = mix(0.035, 0.5, metal);
    float gloss = clamp(specular * 2.0, 0.25, 1.0);   // even cloth shines a little
    float grazing = pow(1.0 - max(dot(n, toward), 0.0), 5.0);
    float fresnel = f0 + (max(1.0 - roughness, f0) - f0) * grazing;
    float mirror = room(studio * reflect(-toward, n), roughness);
    float shine = fresnel * gloss * mirror * mix(0.25, 1.0, open);
    float cover = base.a * opacity;
    float alpha = blended ? clamp(cover + (1.0 - cover) * shine, 0.0, 1.0) : 1.0;
    float body = light * (1.0 - fresnel * gloss) * (blended ? cover : 1.0);
    colour = seen(albedo, body, shine, metal, alpha);
    twin = dyed < 0.0 ? colour : seen(redyed(albedo), body, shine, metal, alpha);
}
"""
)

GROUND_VERTEX = """
#version 330
uniform mat4 clip;
uniform float level;
in vec2 corner;
out vec3 world;
void main() {
    world = vec3(corner.x, level, corner.y);
    gl_Position = clip * vec4(world, 1.0);
    gl_Position.z = 0.0;                // it ends where the picture does
}
"""

GROUND_FRAGMENT = (
    LAMPS
    + """
in vec3 world;
out float opacity;

void main() {
    float light = 0.0, all = 0.0;
    for (int i = 0; i < lamps; i++) {
        float share = weight[i] * max(lamp[i].y, 0.0);
        light += share > 0.0 ? share * lit(i, world) : 0.0;
        all += share;
    }
    opacity = 1.0 - encode(vec3(light / max(all, 1e-4))).r;
}
"""
)
